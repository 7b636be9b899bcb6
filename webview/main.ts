import type { HostMessage, PanelMessage } from '../src/protocol/panel.js';
import { openPage } from './page.js';
import { RunView, type Saved } from './runView.js';

openPage<HostMessage, PanelMessage, Saved>((page) => new RunView(page));

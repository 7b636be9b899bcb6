import type { HostMessage, PanelMessage } from '../src/protocol/panel.js';
import { openPage } from './page.js';
import { RunView, type Saved } from './runView.js';
import { registerRadios } from './toolkit.js';

registerRadios();
openPage<HostMessage, PanelMessage, Saved>((page) => new RunView(page));

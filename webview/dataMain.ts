import type { DataPanelContent, DataPanelMessage } from '../src/protocol/dataPanel.js';
import { DataView } from './dataView.js';
import { openPage } from './page.js';

openPage<DataPanelContent, DataPanelMessage>((page) => new DataView(page));

import type { ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { ModelView } from './modelView.js';
import { openPage } from './page.js';

openPage<ModelPanelContent, ModelPanelMessage>((page) => new ModelView(page));

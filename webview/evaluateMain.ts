import type { EvaluationPanelContent, EvaluationPanelMessage } from '../src/protocol/evaluationPanel.js';
import { EvaluateView } from './evaluate/evaluateView.js';
import type { SavedView } from './evaluate/evaluationParts.js';
import { openPage } from './page.js';

openPage<EvaluationPanelContent, EvaluationPanelMessage, SavedView>((page) => new EvaluateView(page));

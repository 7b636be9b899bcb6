import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeProgressRing,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';

// The only place that knows the component library, which its owner has archived: a successor takes its place here. The elements keep to
// the names below.

/** What every page has. */
export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing());
}

/** What the page of a run has besides: others do without its size. */
export function registerRadios(): void {
  provideVSCodeDesignSystem().register(vsCodeRadio(), vsCodeRadioGroup());
}

export const BUTTON = 'vscode-button';
export const PROGRESS_RING = 'vscode-progress-ring';
export const RADIO = 'vscode-radio';
export const RADIO_GROUP = 'vscode-radio-group';

/** The editor's colours as a chart needs them: canvases know no style sheets. */
export interface ChartTheme {
  readonly foreground: string;
  readonly background: string;
  readonly dim: string;
  readonly grid: string;
  readonly training: string;
  readonly validation: string;
  readonly tooltipBackground: string;
  readonly tooltipBorder: string;
  readonly font: string;
  /** Lines are drawn thicker and without translucency. */
  readonly highContrast: boolean;
}

const UNKNOWN = '#888888';

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const colour = (...names: string[]) => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value) return value;
    }
    return UNKNOWN;
  };
  const highContrast = /high-contrast/.test(document.body.className);
  return {
    foreground: colour('foreground', 'editor-foreground'),
    background: colour('editor-background'),
    dim: colour('descriptionForeground', 'foreground'),
    grid: fade(colour('foreground', 'editor-foreground'), highContrast ? 0.35 : 0.13),
    training: colour('charts-blue', 'textLink-foreground'),
    // In some themes the orange of charts is a translucent highlight that vanishes on their background.
    validation: isOpaque(colour('charts-orange'))
      ? colour('charts-orange')
      : colour('charts-yellow', 'editorWarning-foreground'),
    tooltipBackground: colour('editorHoverWidget-background', 'editor-background'),
    tooltipBorder: colour('editorHoverWidget-border', 'contrastBorder', 'foreground'),
    font: style.getPropertyValue('--vscode-font-family').trim() || 'sans-serif',
    highContrast,
  };
}

/** How the tooltip of a chart looks. */
export function tooltipColours(theme: ChartTheme) {
  const font = { family: theme.font };
  return {
    backgroundColor: theme.tooltipBackground,
    borderColor: theme.tooltipBorder,
    borderWidth: 1,
    titleColor: theme.foreground,
    bodyColor: theme.foreground,
    titleFont: font,
    bodyFont: font,
  };
}

/** Calls back when the editor's theme changes: VS Code then changes the body's class and the root's style. */
export function onThemeChange(callback: () => void): void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}

function isOpaque(colour: string): boolean {
  return colour !== UNKNOWN && !/^(#(.{4}|.{8})|rgba.*)$/.test(colour);
}

/** A colour of the theme, more transparent. Themes give #rgb, #rrggbb, #rrggbbaa or rgb()/rgba(). */
export function fade(colour: string, alpha: number): string {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(colour)?.[1];
  if (!hex) return colour.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, `rgba($1,$2,$3,${alpha})`);
  const long = hex.length < 6 ? hex.replace(/./g, '$&$&') : hex;
  const byte = (i: number) => parseInt(long.slice(2 * i, 2 * i + 2), 16);
  const own = long.length === 8 ? byte(3) / 255 : 1;
  return `rgba(${byte(0)},${byte(1)},${byte(2)},${own * alpha})`;
}

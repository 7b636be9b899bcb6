import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../src/extension/panels/pageHtml.js';
import { launchBrowser, newPage } from './workbench.js';

// The built panels in a browser, without an editor: its place is taken by a stub that keeps what the page posts.

const root = path.resolve(import.meta.dirname, '../..');
export const screenshots = path.join(root, 'artifacts', 'screenshots');

export type Script = 'webview.js' | 'data.js' | 'model.js' | 'evaluate.js';
export type ThemeName = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light';

/** The extension's own document, with this origin in the place of the editor's. */
const documentOf = (script: Script): string =>
  pageHtml({ script: `/${script}`, style: '/panel.css', styleSource: 'http://panel.test', nonce: 'n', saved: {} });

/** Colours of the editor's four default themes, those that the panels read. */
const THEMES: Record<ThemeName, Readonly<Record<string, string>>> = {
  dark: {
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    'editor-background': '#1f1f1f',
    'editor-foreground': '#cccccc',
    'editorWidget-background': '#202020',
    'editorHoverWidget-background': '#202020',
    'editorHoverWidget-border': '#454545',
    'editorError-foreground': '#f14c4c',
    'editorWarning-foreground': '#cca700',
    'editorInfo-foreground': '#3794ff',
    errorForeground: '#f85149',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
    'charts-blue': '#3794ff',
    'charts-orange': '#d18616',
    'badge-background': '#616161',
    'badge-foreground': '#f8f8f8',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'progressBar-background': '#0078d4',
    'list-inactiveSelectionBackground': '#37373d',
    'list-hoverBackground': '#2a2d2e',
    'inputValidation-warningBorder': '#b89500',
    'inputValidation-warningBackground': '#352a05',
    'inputValidation-errorBorder': '#be1100',
    'inputValidation-errorBackground': '#5a1d1d',
    'inputValidation-infoBorder': '#007acc',
    'inputValidation-infoBackground': '#063b49',
    'checkbox-background': '#313131',
    'checkbox-border': '#3c3c3c',
    focusBorder: '#0078d4',
  },
  light: {
    foreground: '#3b3b3b',
    descriptionForeground: '#3b3b3b',
    'editor-background': '#ffffff',
    'editor-foreground': '#3b3b3b',
    'editorWidget-background': '#f8f8f8',
    'editorHoverWidget-background': '#f8f8f8',
    'editorHoverWidget-border': '#c8c8c8',
    'editorError-foreground': '#e51400',
    'editorWarning-foreground': '#bf8803',
    'editorInfo-foreground': '#1a85ff',
    errorForeground: '#f85149',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
    'charts-blue': '#1a85ff',
    'charts-orange': '#d18616',
    'badge-background': '#cccccc',
    'badge-foreground': '#3b3b3b',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'progressBar-background': '#005fb8',
    'list-inactiveSelectionBackground': '#e4e6f1',
    'list-hoverBackground': '#f2f2f2',
    'inputValidation-warningBorder': '#b89500',
    'inputValidation-warningBackground': '#f6f5d2',
    'inputValidation-errorBorder': '#be1100',
    'inputValidation-errorBackground': '#f2dede',
    'inputValidation-infoBorder': '#007acc',
    'inputValidation-infoBackground': '#d6ecf2',
    'checkbox-background': '#f8f8f8',
    'checkbox-border': '#cecece',
    focusBorder: '#005fb8',
  },
  'high-contrast': {
    foreground: '#ffffff',
    descriptionForeground: '#ffffffb3',
    contrastBorder: '#6fc3df',
    'editor-background': '#000000',
    'editor-foreground': '#ffffff',
    'editorWidget-background': '#0c141f',
    'editorHoverWidget-background': '#0c141f',
    'editorHoverWidget-border': '#6fc3df',
    'editorError-foreground': '#f48771',
    'editorWarning-foreground': '#ffd37b',
    'editorInfo-foreground': '#3794ff',
    errorForeground: '#f48771',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
    'charts-blue': '#3794ff',
    'charts-orange': '#d18616',
    'badge-background': '#000000',
    'badge-foreground': '#ffffff',
    'button-background': '#000000',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'button-secondaryForeground': '#ffffff',
    'progressBar-background': '#6fc3df',
    'inputValidation-warningBorder': '#6fc3df',
    'inputValidation-warningBackground': '#000000',
    'inputValidation-errorBorder': '#6fc3df',
    'inputValidation-errorBackground': '#000000',
    'inputValidation-infoBorder': '#6fc3df',
    'inputValidation-infoBackground': '#000000',
    'checkbox-background': '#000000',
    'checkbox-border': '#6fc3df',
    focusBorder: '#f38518',
  },
  'high-contrast-light': {
    foreground: '#292929',
    descriptionForeground: '#292929b3',
    contrastBorder: '#0f4a85',
    'editor-background': '#ffffff',
    'editor-foreground': '#292929',
    'editorWidget-background': '#ffffff',
    'editorHoverWidget-background': '#ffffff',
    'editorHoverWidget-border': '#0f4a85',
    'editorError-foreground': '#b5200d',
    'editorWarning-foreground': '#895503',
    'editorInfo-foreground': '#1a85ff',
    errorForeground: '#b5200d',
    'testing-iconPassed': '#007100',
    'testing-iconFailed': '#b5200d',
    'charts-blue': '#1a85ff',
    'charts-orange': '#d18616',
    'badge-background': '#0f4a85',
    'badge-foreground': '#ffffff',
    'button-background': '#0f4a85',
    'button-foreground': '#ffffff',
    'button-border': '#0f4a85',
    'button-secondaryBackground': '#ffffff',
    'button-secondaryForeground': '#292929',
    'progressBar-background': '#0f4a85',
    'inputValidation-warningBorder': '#0f4a85',
    'inputValidation-warningBackground': '#ffffff',
    'inputValidation-errorBorder': '#0f4a85',
    'inputValidation-errorBackground': '#ffffff',
    'inputValidation-infoBorder': '#0f4a85',
    'inputValidation-infoBackground': '#ffffff',
    'checkbox-background': '#ffffff',
    'checkbox-border': '#0f4a85',
    focusBorder: '#006bbd',
  },
};

/** One panel's page; `errors` are exceptions that nobody caught and errors of the console. */
export interface PanelPage {
  readonly page: Page;
  readonly errors: readonly string[];
  /** What the page has posted to its host so far. */
  posted(): Promise<{ readonly type: string; readonly [name: string]: unknown }[]>;
  /** Hands messages to the page, all before its next frame, and waits for that frame to be drawn. */
  send(...messages: unknown[]): Promise<void>;
  theme(name: ThemeName): Promise<void>;
  close(): Promise<void>;
}

export interface PanelSize {
  readonly width: number;
  readonly height?: number;
}

/** What the editor gives to the page: `window.posted` holds what was said to it, `window.saved` what was kept. */
const STUB = `
  // What the tests' compiler puts around functions that keep their name.
  window.__name = (named) => named;
  window.posted = [];
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => void window.posted.push(structuredClone(message)),
    getState: () => window.saved,
    setState: (state) => (window.saved = state),
  });
`;

export async function openPanel(
  browser: Browser,
  script: Script,
  { width, height = 1000 }: PanelSize = { width: 1000 },
): Promise<PanelPage> {
  const page = await newPage(browser);
  await page.setViewportSize({ width, height });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  // The toolkit's table tries inline styles that the policy forbids; it looks as it should without them.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Applying inline style')) errors.push(message.text());
  });
  await page.route('http://panel.test/**', (route) => {
    const name = path.basename(new URL(route.request().url()).pathname);
    if (name === 'index.html') return route.fulfill({ contentType: 'text/html', body: documentOf(script) });
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType, body: fs.readFileSync(path.join(root, 'dist', name)) });
  });
  await page.addInitScript(STUB);
  await page.goto('http://panel.test/index.html');
  const panel: PanelPage = {
    page,
    errors,
    posted: () => page.evaluate('window.posted'),
    send: (...messages) =>
      page.evaluate((all) => {
        for (const data of all) window.dispatchEvent(new MessageEvent('message', { data }));
        return new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
      }, messages),
    theme: (name) => page.evaluate(setTheme, { name, colours: THEMES[name] }),
    close: () => page.context().close(),
  };
  await panel.theme('dark');
  return panel;
}

/** Runs in the page: what the editor does when its theme changes. */
function setTheme({ name, colours }: { name: string; colours: Readonly<Record<string, string>> }): Promise<void> {
  const { style } = document.documentElement;
  for (const property of [...style]) style.removeProperty(property);
  for (const [key, value] of Object.entries(colours)) style.setProperty(`--vscode-${key}`, value);
  style.setProperty('--vscode-font-family', 'DejaVu Sans, sans-serif');
  style.setProperty('--vscode-font-size', '13px');
  document.body.className = name.startsWith('high-contrast') ? `vscode-high-contrast vscode-${name}` : `vscode-${name}`;
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

/** One browser for a file of tests. */
export function browserOfSuite(): () => Browser {
  let browser: Browser | undefined;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());
  return () => browser!;
}

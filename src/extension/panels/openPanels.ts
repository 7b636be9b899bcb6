import type { Editor, Panel } from '../editor.js';

/** A page with a panel of its own. */
export interface Shown {
  readonly panel: Panel;
}

/** The open panels of one view, one for each key: a run, a folder of pictures, a network. */
export class OpenPanels<P extends Shown> {
  private readonly open = new Map<string, P>();

  constructor(
    private readonly editor: Editor,
    private readonly view: string,
  ) {}

  get(key: string): P | undefined {
    return this.open.get(key);
  }

  /** Of the one that is in front. */
  get activeKey(): string | undefined {
    for (const [key, { panel }] of this.open) if (panel.active) return key;
    return undefined;
  }

  /** Brings the page to the front, made anew where there is none. */
  show(key: string, title: string, focus: boolean, make: (panel: Panel) => P): P {
    const present = this.open.get(key);
    if (!present) return this.add(key, this.editor.newPanel(this.view, title, focus), make);
    present.panel.reveal(focus);
    return present;
  }

  /** Takes a panel that the editor has brought back. One that there is already goes. */
  adopt(key: string, panel: Panel, make: (panel: Panel) => P): void {
    if (this.open.has(key)) panel.close();
    else this.add(key, panel, make);
  }

  private add(key: string, panel: Panel, make: (panel: Panel) => P): P {
    const page = make(panel);
    this.open.set(key, page);
    panel.onClosed(() => this.open.delete(key));
    return page;
  }
}

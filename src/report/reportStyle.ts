/** The report's style sheet: readable on paper, on a phone, in a light and in a dark room. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --fg: #1f2328; --dim: #656d76; --line: #d8dee4; --bg: #fff; --train: #0969da; --val: #bc4c00; --bad: #cf222e; --mark: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --dim: #9198a1; --line: #30363d; --bg: #0d1117; --train: #4493f8; --val: #f0883e; --bad: #f85149; --mark: #161b22; } }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0; font-size: 28px; } h2 { margin: 36px 0 8px; font-size: 18px; }
.verdict { margin: 8px 0 4px; font-size: 20px; }
.lead { margin: 4px 0 24px; color: var(--dim); font-size: 17px; }
.failure { padding: 12px 16px; border-left: 4px solid var(--bad); background: var(--mark); }
.plots { display: grid; gap: 24px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
svg { width: 100%; height: auto; }
svg text { fill: var(--dim); font: 12px system-ui, sans-serif; } svg .title { fill: var(--fg); font-size: 16px; font-weight: 600; }
svg .grid { stroke: var(--line); } svg polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .step { stroke: var(--train); opacity: .35; stroke-width: 1; } svg .train { stroke: var(--train); stroke-width: 2; }
svg .validation { stroke: var(--val); stroke-width: 2; stroke-dasharray: 6 3; }
svg circle.train { fill: var(--train); } svg circle.validation { fill: var(--bg); stroke-dasharray: none; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--line); } th { color: var(--dim); font-weight: 500; }
table.text th, table.text td { text-align: left; overflow-wrap: anywhere; } table.text th { width: 12em; }
tr.best td { font-weight: 600; background: var(--mark); }
`;

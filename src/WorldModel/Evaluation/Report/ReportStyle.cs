namespace RobotWorldModel.WorldModel.Evaluation.Report;

/// <summary>The page's style sheet: light, or dark where the reader's system is.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          color-scheme: light dark;
          --page: #fbfbfa; --text: #1d1f22; --soft: #62676e; --rule: #dddfe2; --panel: #ffffff; --warn: #8a4b00; --warn-panel: #fff3df;
          --good: #17703c; --bad: #a8321e;
          --real: #1d1f22; --model: #2563c9; --repeat: #c2700a; --velocity: #8a4fb5; --other: #c23b4e;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #16181b; --text: #e6e7e9; --soft: #a0a5ac; --rule: #3a3e44; --panel: #1e2125; --warn: #ffcf87; --warn-panel: #3a2c12;
            --good: #6fcf97; --bad: #ff9a86;
            --real: #e6e7e9; --model: #6ea5ff; --repeat: #f0a64a; --velocity: #c39be6; --other: #ff8a97;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 24px 20px 60px; max-width: 1380px; background: var(--page); color: var(--text);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 6px; }
        h3 { font-size: 15px; margin: 18px 0 4px; }
        p { margin: 4px 0 10px; max-width: 82ch; } .soft { color: var(--soft); }
        .warn { background: var(--warn-panel); color: var(--warn); padding: 6px 12px; border-radius: 6px; margin: 6px 0; max-width: none; }
        table { border-collapse: collapse; margin: 8px 0 14px; }
        th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        th { font-weight: 600; color: var(--soft); } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
        td.good { color: var(--good); font-weight: 600; } td.bad { color: var(--bad); font-weight: 600; }
        .scroll { overflow-x: auto; }
        .plots { display: flex; flex-wrap: wrap; gap: 12px; }
        .plots svg, figure { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; }
        svg { max-width: 100%; height: auto; } svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
        svg .title { font-weight: 600; font-size: 13px; } svg .tick, svg .label { fill: var(--soft); font-size: 11px; }
        svg .middle { text-anchor: middle; } svg .end { text-anchor: end; }
        svg path { fill: none; stroke: var(--rule); stroke-width: 1; } svg .axis { stroke: var(--soft); }
        svg .mark { stroke: var(--soft); stroke-dasharray: 2 3; }
        svg .line { stroke-width: 2; stroke-linejoin: round; }
        svg .real { stroke: var(--real); } svg .model { stroke: var(--model); }
        svg .repeat { stroke: var(--repeat); stroke-dasharray: 7 4; } svg .velocity { stroke: var(--velocity); stroke-dasharray: 2 3; }
        svg .other { stroke: var(--other); stroke-dasharray: 7 4; }
        svg .dot { fill: var(--panel); stroke-dasharray: none; stroke-width: 2; }
        .key { display: inline-flex; gap: 18px; margin: 4px 0 8px; color: var(--soft); } .key svg { vertical-align: middle; border: 0; }
        figure { margin: 10px 0; padding: 10px 12px; width: fit-content; max-width: 100%; overflow-x: auto; }
        figcaption { font-size: 13px; font-weight: 600; margin-bottom: 6px; }
        .film { border-collapse: separate; border-spacing: 3px; margin: 0; } .film td, .film th { border: 0; padding: 0; font-size: 12px; }
        .film th { padding: 0 8px 0 0; font-weight: 400; vertical-align: middle; } .film thead th { text-align: center; padding: 0; }
        .film img, .film .gap { display: block; width: 96px; height: 96px; image-rendering: pixelated; }
        .film .gap { border: 1px dashed var(--rule); color: var(--soft); display: grid; place-items: center; text-align: center; }
        details { margin: 10px 0; } summary { cursor: pointer; color: var(--soft); }
        pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 12px;
          font-size: 12px; }
        """;
}

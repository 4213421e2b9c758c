import { Html } from './html.js';

/** Colours hold a contrast of 4.5 to 1 for text and 3 to 1 for marks in both schemes (WCAG 2.2, 1.4.3 and 1.4.11); paper is always light. */
const LIGHT = `--page:#fff;--ink:#1b2430;--quiet:#515c6b;--line:#c9d1db;--panel:#f3f6f9;--link:#0b57a4;
--good:#1b6e3c;--bad:#b3261e;--warn:#8a5300;--info:#2c5aa0;--out:#2f6db3;--quarantined:#b3261e;--merged:#6b4fa0;--dropped:#5f6772;--track:#dfe5ec;--mark:#1b2430;
--heat1:#fdeecb;--heat2:#f9cf8a;--heat3:#e58a57;--heat4:#8f1d14;--hot:#fff`;
const DARK = `--page:#12171d;--ink:#e6ebf1;--quiet:#a9b4c2;--line:#3c4754;--panel:#1b222b;--link:#8dbdf5;
--good:#7fd6a0;--bad:#ff9d94;--warn:#f2c063;--info:#9cc2ff;--out:#6ea8e6;--quarantined:#ff8a80;--merged:#b79cf0;--dropped:#a2abb8;--track:#2c3641;--mark:#fff;
--heat1:#3a3220;--heat2:#5d451b;--heat3:#8a4a22;--heat4:#ffb4a6;--hot:#2a0a06`;

export const STYLE = new Html(`
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{padding-top:24px}footer{padding-bottom:40px;color:var(--quiet)}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px}h2{font-size:1.3rem;line-height:1.25;margin:40px 0 8px;padding-top:12px;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:24px 0 4px}
p{margin:6px 0 10px;max-width:78ch}a{color:var(--link)}a,code{overflow-wrap:anywhere}
code{font:.9em ui-monospace,SFMono-Regular,Consolas,monospace}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:12px 0 0;padding:0}nav a{display:inline-block;min-height:24px}
.skip{position:absolute;left:-999px}.skip:focus{position:static}
.quiet{color:var(--quiet)}.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:12px 0}
.facts dt{color:var(--quiet)}.facts dd{margin:0;overflow-wrap:anywhere}
.overall{display:flex;flex-wrap:wrap;align-items:center;gap:8px 24px;margin:8px 0}.overall svg{flex:none}.overall div{flex:1 1 260px}
.figure{font-size:1.15rem;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:4px 22px;list-style:none;margin:8px 0;padding:0}.legend svg{vertical-align:-2px;margin-right:6px}
.scroll{overflow-x:auto;margin:8px 0 16px}
table{border-collapse:collapse;width:100%;font-size:.94rem}caption{text-align:left;max-width:calc(100vw - 40px);color:var(--quiet);padding:4px 0 6px}
th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line)}
thead th{background:var(--panel);vertical-align:bottom}th{font-weight:600}tbody th{font-weight:500;max-width:300px}th code,td code{overflow-wrap:break-word}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.bar{width:22%;min-width:120px}.says{min-width:220px}
svg{display:block;max-width:100%}.bar svg,.whole{width:100%}li svg{display:inline-block}
.track{fill:var(--track)}.fill{fill:var(--out)}.before{fill:var(--mark)}
.out{fill:var(--out)}.quarantined{fill:var(--quarantined)}.merged{fill:var(--merged)}.dropped{fill:var(--dropped)}.hatch{stroke:var(--page);stroke-width:2}
.ring{fill:none;stroke:var(--track);stroke-width:12}.arc{fill:none;stroke:var(--out);stroke-width:12}.middle{fill:var(--ink);font-size:24px;font-weight:700;text-anchor:middle}.under{fill:var(--quiet);font-size:12px;text-anchor:middle}
.mark{font-weight:600;white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.note{color:var(--info)}
.heat{width:auto}.heat td{text-align:right;border:1px solid var(--line);min-width:56px;font-variant-numeric:tabular-nums}.heat thead th{font-weight:500;border:1px solid var(--line)}.heat thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:240px;overflow-wrap:anywhere}
.h1{background:var(--heat1)}.h2{background:var(--heat2)}.h3{background:var(--heat3);color:#000}.h4{background:var(--heat4);color:var(--hot)}
.swatch{display:inline-block;width:16px;height:16px;margin-right:6px;vertical-align:-2px;border:1px solid var(--line)}.h0{color:var(--quiet)}
@media (prefers-color-scheme:dark){.h3{color:#fff}}
@media (max-width:560px){main,header,footer{padding-left:14px;padding-right:14px}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}.bar{min-width:110px}.says{min-width:190px}th,td{padding:5px 7px}}
@media print{:root{color-scheme:light;${LIGHT}}html{font-size:11px}nav,.skip{display:none}.scroll{overflow:visible}tr,svg{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.h3{color:#000}}
`);

"""The style sheet of the tear sheet: light and dark, screen and paper, no outside resources."""

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--dim:#5b6877;--line:#e3e7ec;
--accent:#1f6feb;--other:#9aa5b1;--gain:#16875a;--loss:#c93a3a;--warn:#fff4d6;--warn-ink:#6b4a00}
@media (prefers-color-scheme:dark){:root{--bg:#0e141b;--card:#161e27;--ink:#e6ebf1;--dim:#93a1b0;
--line:#26313d;--accent:#5a9bff;--other:#6b7885;--gain:#3fb984;--loss:#ef6a6a;--warn:#33290d;
--warn-ink:#f2d48a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}
header h1{margin:0 0 4px;font-size:26px;letter-spacing:-.01em}
header p,footer{margin:0;color:var(--dim)}
.banner,.warnings{background:var(--warn);color:var(--warn-ink);border-radius:10px;padding:10px 16px;
margin:16px 0 0}
.banner{font-weight:600}
.warnings ul{margin:4px 0;padding-left:18px}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:20px 0}
.cards div,section{background:var(--card);border:1px solid var(--line);border-radius:12px}
.cards div{padding:12px 16px}
.cards span{display:block;color:var(--dim);font-size:12px}
.cards b{font-size:20px;font-weight:650;white-space:nowrap}
.cards small{display:block;color:var(--dim)}
section{padding:16px 20px;margin:0 0 16px;break-inside:avoid}
h2{font-size:15px;margin:0 0 10px}
.legend{color:var(--dim);font-size:12px;margin:0 0 4px}
.legend i{display:inline-block;width:14px;height:3px;border-radius:2px;margin:0 6px 3px 0;
background:var(--accent)}
.legend i+i,.legend .second{background:var(--other)}
section{overflow-x:auto}
svg{display:block;width:100%;min-width:620px;height:auto}
svg text{fill:var(--dim);font-size:11px}
svg .grid{stroke:var(--line)}
svg .own{fill:none;stroke:var(--accent);stroke-width:1.8}
svg .benchmark{fill:none;stroke:var(--other);stroke-width:1.4}
svg .drawdown{fill:var(--loss);fill-opacity:.28;stroke:var(--loss);stroke-width:1}
svg .gain{fill:var(--gain)}svg .loss{fill:var(--loss)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:5px 8px;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th{color:var(--dim);font-weight:500;border-bottom:1px solid var(--line)}
tbody tr+tr td{border-top:1px solid var(--line)}
td.up{color:var(--gain)}td.down{color:var(--loss)}
.heat td{text-align:center;border:2px solid var(--card);border-radius:6px;padding:5px 4px}
.heat td:first-child{text-align:left}
.figures{columns:3 260px;column-gap:28px}
.figures div{display:flex;justify-content:space-between;gap:12px;padding:3px 0;
border-bottom:1px solid var(--line);break-inside:avoid}
.figures span{color:var(--dim)}
footer{font-size:12px;overflow-wrap:anywhere}
@media (max-width:720px){.cards{grid-template-columns:repeat(2,1fr);gap:8px}main{padding:20px 12px}}
@media print{body{background:#fff;font-size:11px}main{max-width:none;padding:0}svg{min-width:0}
section,.cards div{border-color:#ddd}a{color:inherit}}
"""

"""The words and the look of the demo's page."""

STYLE = """
:root{color-scheme:light dark;--ink:#1d1f24;--dim:#5d6470;--paper:#fff;--line:#dcdfe5;--good:#1f7a45;--bad:#b3402a}
@media(prefers-color-scheme:dark){
:root{--ink:#e9ebef;--dim:#9aa2af;--paper:#17191d;--line:#343942;--good:#5cc48a;--bad:#e58a6f}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1180px;margin:0 auto;padding:28px 22px 60px}
h1{font-size:28px;margin:0 0 6px}
h2{font-size:20px;margin:38px 0 10px;border-top:1px solid var(--line);padding-top:22px}
h3{font-size:17px;margin:20px 0 6px}small{font-weight:400;font-size:13px;color:var(--dim)}
p,ul{max-width:80ch;margin:8px 0}li{margin:4px 0}.dim{color:var(--dim);font-size:14px}
img{max-width:100%;border-radius:6px;border:1px solid var(--line)}figure{margin:14px 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:10px 0}.wide{overflow-x:auto}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);text-align:right}
th{color:var(--dim);font-weight:600;font-size:14px}th:first-child,td:first-child{text-align:left}
.yes{color:var(--good)}.no{color:var(--bad)}.curves{display:flex;gap:26px;flex-wrap:wrap}
svg{width:460px;max-width:100%;height:auto}svg .t{font:600 13px system-ui;fill:var(--ink)}
svg .a{font:12px system-ui;fill:var(--dim)}svg .e{text-anchor:end}svg .g{stroke:var(--line)}
"""

OPENING = """<h1>From one photo to a detailed 3D face</h1>
<p>HiFace splits a face into a coarse shape, wrinkles that are always there (static detail), and wrinkles that come and go with the
expression (dynamic detail), blended by how much the skin is compressed or stretched. The faces, measurements and pictures on this page were
made on this machine, and so was the first network.</p>"""

PHOTO = """<p>scikit-image's astronaut, a NASA portrait that took no part in the training. The face was found by the detector that comes
with scikit-image. First row: in the photo's pose. Second row: the same person from the front, animated. Third row: close up. Static
wrinkles stay, dynamic ones follow the expression.</p>"""

NUMBERS = """<p>{samples} synthetic faces of people that the training has not seen. Skill is 1 - ours / mean face: 1 is perfect, 0 is as
good as always answering with the mean face. Goals are those of the training on this machine.</p>"""

LIMITS = """<h2>What to expect</h2><ul>
<li>The network just trained had a few minutes on two CPU cores. Head pose, landmarks and clear expressions such as a smile work; on real
photos less well than on synthetic faces, because no real photo took part in the training.</li>
<li>Identity stays close to the mean face; the numbers say how close. A likeness needs far more training than a demo.</li>
<li>Wrinkles are what is plausible for the apparent age and the expression, not a copy of the photo's. The map rows of the table say how far
they are from the truth on synthetic faces: a skill near 0 means that individual wrinkles were not recovered.</li>
<li>The face model is made from CC0 data; its wrinkles are authored, not scanned. Hair and glasses are not reconstructed.</li>
</ul>"""

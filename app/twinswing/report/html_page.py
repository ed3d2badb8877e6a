"""The page that reports share: one file without scripts and without anything from elsewhere."""

import base64
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError

RgbImage = NDArray[np.uint8]

_JPEG_QUALITY = 86
# Nothing may be fetched, whatever a name in a recording says.
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
# Series colours are apart in lightness too; every one has a contrast of 3 to 1 or more on its ground.
_STYLE = """
:root{color-scheme:light dark;--ground:#f6f7f5;--card:#fff;--ink:#17211f;--faint:#56635f;--line:#dde3df;
--accent:#0d7a61;--warm:#8a5300;--warm-ground:#fdf3df;--pelvis:#2b6cb0;--thorax:#0d8a72;--arm:#a8690a;--club:#c23a2c}
@media (prefers-color-scheme:dark){:root{--ground:#101615;--card:#182120;--ink:#e6ecea;--faint:#9aa8a4;--line:#2a3634;
--accent:#4fd0af;--warm:#f3bd63;--warm-ground:#2c2413;--pelvis:#6ea8ea;--thorax:#4fd0af;--arm:#f5c252;--club:#f47c6d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
h1{font-size:clamp(1.7rem,4vw,2.4rem);line-height:1.15;margin:0 0 6px;letter-spacing:-.015em}
h2{font-size:1.2rem;margin:44px 0 12px;letter-spacing:-.01em}
p{max-width:70ch;margin:.5em 0}
.faint{color:var(--faint)}
.kicker{color:var(--accent);font-weight:650;font-size:.8rem;letter-spacing:.08em;
text-transform:uppercase;margin:0 0 6px}
.facts{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0 0;padding:0;list-style:none}
.facts li{border:1px solid var(--line);background:var(--card);border-radius:999px;padding:3px 12px;font-size:.9rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px;margin:24px 0 0;padding:0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 18px;margin:0}
.tile dt{color:var(--faint);font-size:.9rem}
.tile dd{margin:0}
.tile .value{font-size:1.9rem;font-weight:680;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
.tile .value small{white-space:nowrap;font-size:1rem;font-weight:500;color:var(--faint);letter-spacing:0}
.film{display:grid;grid-template-columns:repeat(4,1fr);gap:14px;list-style:none;margin:0;padding:0}
.film li{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden;break-inside:avoid}
.film .pair{display:flex;align-items:flex-start;gap:1px;background:var(--line)}
.film img{display:block;min-width:0;height:auto}
.film .words{padding:10px 14px 12px}
.film b{display:block}
.film span{display:block;font-size:.86rem;color:var(--faint);font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:14px;
overflow:hidden;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:9px 14px;border-top:1px solid var(--line);vertical-align:baseline}
thead th{border-top:0;color:var(--faint);font-size:.84rem;font-weight:600}
tbody th{font-weight:600}
td.n{white-space:nowrap}
.scroll{overflow-x:auto}
figure{margin:0 0 18px;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 16px 12px}
figure svg{display:block;width:100%;height:auto}
figcaption{font-size:.9rem;color:var(--faint);max-width:90ch}
svg text{fill:var(--faint);font:12px system-ui,sans-serif}
svg .grid{stroke:var(--line);stroke-width:1}
svg .event{stroke:var(--faint);stroke-width:1;stroke-dasharray:2 4;opacity:.7}
svg .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}
svg .band{opacity:.16;stroke:none}
svg .name{font-weight:650}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:6px 0 4px;padding:0;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:7px}
figure .legend svg{width:26px;height:10px}
.note{background:var(--warm-ground);color:var(--warm);border-radius:10px;padding:9px 14px;margin:8px 0;max-width:none}
.differs{font-weight:650;color:var(--accent)}
footer{padding:36px 20px 44px;font-size:.86rem;color:var(--faint)}
@media (max-width:860px){.film{grid-template-columns:repeat(2,1fr)}}
@media (max-width:520px){main,header{padding:0 14px}header{padding-top:24px}.film{gap:10px}th,td{padding:8px 10px}
.film.pairs{grid-template-columns:1fr}figure{padding:10px}svg text{font-size:17px}}
@media print{:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--faint:#444;--line:#bbb;--accent:#064;
--warm:#630;--warm-ground:#fff;--pelvis:#2b6cb0;--thorax:#0d8a72;--arm:#a8690a;--club:#c23a2c}
body{font-size:11pt}h2{break-after:avoid}figure,table,.tile{break-inside:avoid}header{padding-top:0}
@page{size:A4;margin:14mm}
table{font-size:9.5pt;overflow:visible}.scroll{overflow:visible}td.n{white-space:normal}th,td{padding:5px 8px}
tr,.film li{break-inside:avoid}thead{display:table-header-group}main,header,footer{padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def page(title: str, header: str, main: str, footer: str, style: str = "", *, policy: str = _POLICY) -> str:
    """Return a whole page; `title` is plain text, `style` more rules, the rest is markup.

    policy: what the page may load; by default nothing but what it carries itself.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
        f"<header>\n{header}\n</header>\n<main>\n{main}\n</main>\n<footer>\n{footer}\n</footer>\n</body>\n</html>\n"
    )


def picture(rgb: RgbImage, alt: str) -> str:
    """Return a picture, shape (h, w, 3), as an `img` that carries its own data."""
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise InputError(f"expected a picture of shape (h, w, 3), found {rgb.shape} {rgb.dtype}")
    code = base64.b64encode(data.tobytes()).decode("ascii")
    height, width = rgb.shape[:2]
    # Beside others it takes width by its shape, so that all are equally high.
    shape = f'width="{width}" height="{height}" style="flex:{width / height:.3f} 1 0"'
    return f'<img src="data:image/jpeg;base64,{code}" {shape} alt="{escape(alt)}">'


def section(title: str, body: str) -> str:
    """Return a headed part of the page; nothing where the body is empty."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>" if body else ""


def table(head: list[str], rows: list[list[str]], caption: str) -> str:
    """Return a table whose cells are markup; the first of each row heads it."""
    heads = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f'<td class="n">{cell}</td>' for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table aria-label="{escape(caption)}">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def notes(sentences: tuple[str, ...]) -> str:
    """Return warnings, each a line of its own."""
    return "\n".join(f'<p class="note">{escape(s[:1].upper() + s[1:])}</p>' for s in sentences)

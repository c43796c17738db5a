"""Makes Allure's page fit to be kept: nothing in it asks anybody outside, and its first screen is the verdict."""

import hashlib
import json
import re

from reports.allure.wording import FEATURES

ANALYTICS = re.compile(
    r'\s*<script async src="https://www\.googletagmanager\.com/[^"]*"></script>'
    r"\s*<script>\s*window\.dataLayer.*?</script>",
    re.DOTALL,
)
"""What Allure's template puts into every page."""

OWN = "data: blob:"
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'unsafe-inline' 'unsafe-eval' {OWN}",
        f"style-src 'unsafe-inline' {OWN}",
        *(f"{kind}-src {OWN}" for kind in ("img", "font", "media", "connect", "frame", "worker")),
        "form-action 'none'",
    )
)
"""What the page may load: only what it carries. A browser holds it to that, whatever Allure puts in."""

GROUPS = [hashlib.md5(name.encode(), usedforsecurity=False).hexdigest() for name in FEATURES]
"""Allure's own names for the groups of its list."""

FIRST_SCREEN = (
    # Allure opens only groups that hold a failure; the list is to be read whole.
    'try{const k="expandedTrees",s=new Set(JSON.parse(localStorage.getItem(k)||"[]"));'
    f"for(const g of {json.dumps(GROUPS)})s.add(g);localStorage.setItem(k,JSON.stringify([...s]))}}catch{{}}"
    # Allure scrolls to the list's first row, past the verdict: back to the top until a hand is laid on the page.
    'let h=0;for(const k of["wheel","keydown","pointerdown","touchstart"])addEventListener(k,()=>h=1,true);'
    'addEventListener("scroll",e=>{const t=e.target;if(!h&&location.hash.length<2&&t.scrollTop)t.scrollTop=0},true)'
)

HEAD = "<head>"


class NotKept(Exception):
    """The page is not what it must be; the message says why."""


def finish_page(html: str) -> str:
    """The page without what would be fetched from outside, its verdict on the first screen.

    Raises:
        NotKept: It is not the page that is known: it would still ask somebody outside, or has no head.
    """
    finished = ANALYTICS.sub("", html)
    if "googletagmanager" in finished or HEAD not in finished:
        raise NotKept("Allure's page is not the one that is known: it would ask somebody outside")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return finished.replace(HEAD, f"{HEAD}\n{policy}\n<script>{FIRST_SCREEN}</script>", 1)

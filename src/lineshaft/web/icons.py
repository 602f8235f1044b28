"""Line icons of the pages: drawn here, loaded from nowhere, silent for screen readers."""

from lineshaft.web.markup import Html


def _icon(paths: str) -> Html:
    return Html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" '
        'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true" focusable="false">{paths}</svg>'
    )


MARK = Html(
    '<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" '
    'focusable="false"><rect width="32" height="32" rx="7" fill="#0b5563"/>'
    '<g fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round">'
    '<path d="M4 16h24"/><circle cx="11" cy="16" r="5.2" fill="#0b5563"/>'
    '<circle cx="22" cy="16" r="3" fill="#0b5563"/><path d="M11 10.8 22 13M11 21.2 22 19"/>'
    "</g></svg>"
)
MENU = _icon('<path d="M4 7h16M4 12h16M4 17h16"/>')
SIGN_OUT = _icon('<path d="M10 4H5v16h5M14 8l4 4-4 4M18 12H9"/>')
DOWNLOAD = _icon('<path d="M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14"/>')
PERSON = _icon('<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.7-4 3.3-6 7-6s6.3 2 7 6"/>')
SEARCH = _icon('<circle cx="11" cy="11" r="6"/><path d="m20 20-4.6-4.6"/>')

ICONS = {
    "fleet": _icon(
        '<rect x="3" y="8" width="7" height="11" rx="1"/><path d="M10 12h6l4 3v4H3"/>'
        '<path d="M6.5 8V4"/>'
    ),
    "portal": _icon('<path d="m4 11 8-7 8 7v9h-5v-6H9v6H4z"/>'),
    "request": _icon('<path d="M4 5h16v11H9l-5 4zM8 9h8M8 12h5"/>'),
    "ledger": _icon('<path d="M5 4h13v16H5zM9 4v16M12 8h3M12 12h3"/>'),
    "audit": _icon('<path d="M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6zM9 12l2 2 4-4"/>'),
    "offering": _icon('<path d="M4 12V4h8l8 8-8 8zM8 8h.01"/>'),
    "contract": _icon('<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h5"/>'),
    "invoice": _icon('<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"/>'),
    "desk": _icon('<path d="M4 20h16M6 20V10M11 20V4M16 20v-7M20 20v-4"/>'),
    "profit": _icon('<path d="M4 19 10 12l4 4 6-9M15 7h5v5"/>'),
    "finance": _icon('<path d="M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6M20 16v-9"/>'),
    "valuechain": _icon(
        '<circle cx="5" cy="6" r="2"/><circle cx="5" cy="18" r="2"/>'
        '<circle cx="12" cy="12" r="2"/><path d="m6.7 7.2 3.6 3.4M6.7 16.8l3.6-3.4M14 12h6"/>'
    ),
    "refusal": _icon('<circle cx="12" cy="12" r="8.5"/><path d="m6.2 6.2 11.6 11.6"/>'),
    "source": _icon(
        '<rect x="4" y="4" width="16" height="6" rx="1"/><rect x="4" y="14" width="16" '
        'height="6" rx="1"/><path d="M8 7h.01M8 17h.01"/>'
    ),
    "webhook": _icon('<path d="M4 12h12M12 7l5 5-5 5M20 5v14"/>'),
    "people": _icon(
        '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.6-4 3-6 6.5-6s5.9 2 6.5 6"/>'
        '<path d="M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3.1 2.6 3.5 5.5"/>'
    ),
    "status": _icon('<path d="M3 12h4l2.5-7 5 14 2.5-7H21"/>'),
}

"""ISO 19005-3, 6.2: content, colours, transparency and fonts."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lineshaft.services.billing.einvoice.pdf_file import Name, PdfFile
from lineshaft.services.billing.einvoice.pdfa_clause import Clause, forbidden, typed

_OPERATORS: Final = frozenset(
    b"b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k"
    b" l m M MP n q Q re RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W"
    b" W* y ' \"".split()
)
"""ISO 32000-1, annex A."""
_CONSTANTS: Final = frozenset({b"true", b"false", b"null"})
_INLINE_FILTER = re.compile(rb"\bBI\b[^\0]*?/(?:F|Filter)\s*\[?\s*/(\w+)")
_INLINE_FILTERS: Final = frozenset(
    b"ASCIIHexDecode ASCII85Decode FlateDecode RunLengthDecode CCITTFaxDecode DCTDecode AHx A85 Fl"
    b" RL CCF DCT".split()
)
_INTENT = re.compile(rb"/(\w+)\s+ri\b")
_INTENTS: Final = frozenset(
    {"RelativeColorimetric", "AbsoluteColorimetric", "Perceptual", "Saturation"}
)
SAVED_STATES_MAX: Final = 28
_DEVICES: Final = {
    "DeviceRGB": ("RGB ", frozenset({b"rg", b"RG"})),
    "DeviceCMYK": ("CMYK", frozenset({b"k", b"K"})),
    "DeviceGray": ("", frozenset({b"g", b"G"})),
}
_PROFILE_CLASSES: Final = (b"prtr", b"mntr")
_SOURCE_CLASSES: Final = (*_PROFILE_CLASSES, b"scnr", b"spac")
_PROFILE_SPACES: Final = (b"RGB ", b"CMYK", b"GRAY")
_PROFILE_HEADER_BYTES: Final = 128
_PROFILE_VERSION_MAX: Final = 4
_BLEND_MODES: Final = frozenset(
    [
        "Normal",
        "Compatible",
        "Multiply",
        "Screen",
        "Overlay",
        "Darken",
        "Lighten",
        "ColorDodge",
        "ColorBurn",
        "HardLight",
        "SoftLight",
        "Difference",
        "Exclusion",
        "Hue",
        "Saturation",
        "Color",
        "Luminosity",
    ]
)
_FONT_TYPES: Final = frozenset(
    ["Type0", "Type1", "MMType1", "Type3", "TrueType", "CIDFontType0", "CIDFontType2"]
)
_FONT_FILES: Final = ("FontFile", "FontFile2", "FontFile3")
_FONT_FILE_TYPES: Final = (None, "Type1C", "CIDFontType0C", "OpenType")
_COMPOSITE: Final = ("Type0", "CIDFontType0", "CIDFontType2")


def _all_operators(file: PdfFile) -> set[bytes]:
    return set().union(*file.operators)


def _defined_operators(file: PdfFile) -> Iterator[str]:
    for word in sorted(_all_operators(file) - _OPERATORS - _CONSTANTS):
        yield f"the operator {word[:16]!r}"


def _inline_filters(file: PdfFile) -> Iterator[str]:
    for content in file.contents:
        for name in _INLINE_FILTER.findall(content) if b"BI" in content else ():
            if name not in _INLINE_FILTERS:
                yield f"an inline image is packed by {name!r}"


def _saved_states(file: PdfFile) -> Iterator[str]:
    for words in file.operators:
        depth = deepest = 0
        for word in words:
            if word == b"q":
                depth += 1
                deepest = max(deepest, depth)
            elif word == b"Q":
                depth -= 1
        if deepest > SAVED_STATES_MAX:
            yield f"{deepest} saved states"


def _resources(file: PdfFile) -> Iterator[str]:
    for page in file.typed("Page"):
        if "Contents" in page and "Resources" not in page:
            yield "a page has no Resources of its own"


def _output_intents(file: PdfFile) -> list[dict[str, Any]]:
    found = file.items(file.catalog, "OutputIntents")
    return [intent for intent in found if isinstance(intent, dict)]


def _archive_intents(file: PdfFile) -> list[dict[str, Any]]:
    return [intent for intent in _output_intents(file) if intent.get("S") == "GTS_PDFA1"]


def _profile_space(file: PdfFile) -> str | None:
    """Return the colour space of the output intent's profile, or None where there is none."""
    for intent in _archive_intents(file):
        profile = file.stream_of(intent.get("DestOutputProfile"))
        if profile is not None and len(profile) >= _PROFILE_HEADER_BYTES:
            return profile[16:20].decode("latin-1")
    return None


def _is_profile(profile: bytes | None, classes: tuple[bytes, ...], spaces: object) -> bool:
    """Say whether bytes begin with the header of a profile (ISO 15076-1, 7.2)."""
    return (
        profile is not None
        and len(profile) >= _PROFILE_HEADER_BYTES
        and profile[36:40] == b"acsp"
        and profile[12:16] in classes
        and profile[16:20] in (spaces if isinstance(spaces, tuple) else ())
        and profile[8] <= _PROFILE_VERSION_MAX
    )


def _output_profile(file: PdfFile) -> Iterator[str]:
    for intent in _archive_intents(file):
        profile = file.stream_of(intent.get("DestOutputProfile"))
        if not _is_profile(profile, _PROFILE_CLASSES, _PROFILE_SPACES):
            yield "the profile of the output intent is none of a printer or a monitor"


def _one_profile(file: PdfFile) -> Iterator[str]:
    profiles = [
        intent["DestOutputProfile"]
        for intent in _output_intents(file)
        if "DestOutputProfile" in intent
    ]
    if any(profile != profiles[0] for profile in profiles):
        yield "the output intents have different profiles"


def _source_profiles(file: PdfFile) -> Iterator[str]:
    for value in file.of_type(list):
        if len(value) == 2 and value[0] == "ICCBased":
            profile = file.stream_of(value[1])
            if not _is_profile(profile, _SOURCE_CLASSES, (*_PROFILE_SPACES, b"Lab ")):
                yield "the profile of a colour space is none"


def _device(name: str) -> Any:
    """Return a look for a device's colours where the output intent is of another kind."""
    space, operators = _DEVICES[name]

    def look(file: PdfFile) -> Iterator[str]:
        found = _profile_space(file)
        is_covered = found is not None and (not space or found == space)
        is_used = name in file.of_type(Name)
        if not is_covered and (is_used or _all_operators(file) & operators):
            yield f"{name} is used, and the output intent is {found}"

    return look


def _transfer(file: PdfFile) -> Iterator[str]:
    for state in _states(file):
        if state.get("TR2", "Default") != "Default":
            yield "a graphics state has TR2"


def _states(file: PdfFile) -> list[dict[str, Any]]:
    """Select the graphics states, which need not say their type."""
    named = [
        file.get(state)
        for holder in file.holding("ExtGState")
        for state in file.part(holder, "ExtGState").values()
    ]
    return [state for state in (*named, *file.typed("ExtGState")) if isinstance(state, dict)]


def _halftones(file: PdfFile) -> Iterator[str]:
    for found in file.dictionaries:
        if "HalftoneType" in found and found["HalftoneType"] not in (1, 5):
            yield f"a halftone of type {found['HalftoneType']}"


def _rendering_intents(file: PdfFile) -> Iterator[str]:
    said = [state["RI"] for state in _states(file) if "RI" in state]
    said += [image["Intent"] for image in _images(file) if "Intent" in image]
    for content in file.contents:
        said += [name.decode("latin-1") for name in _INTENT.findall(content)]
    for intent in said:
        if intent not in _INTENTS:
            yield f"the rendering intent {intent}"


def _of_subtype(name: str) -> Any:
    return lambda file: [
        entry.value for entry in file.streams if entry.value.get("Subtype") == name
    ]


_images = _of_subtype("Image")
_forms = _of_subtype("Form")


def _interpolation(file: PdfFile) -> Iterator[str]:
    for image in _images(file):
        if image.get("Interpolate", False) is not False:
            yield "an image is to be interpolated"


def _form_scripts(file: PdfFile) -> Iterator[str]:
    for form in _forms(file):
        if form.get("Subtype2") == "PS" or "PS" in form or "OPI" in form:
            yield "a form has PostScript or OPI"


def _postscript(file: PdfFile) -> Iterator[str]:
    for _ in _of_subtype("PS")(file):
        yield "an object of PostScript"


def _blend_modes(file: PdfFile) -> Iterator[str]:
    for state in _states(file):
        modes = file.get(state.get("BM", "Normal"))
        for mode in modes if isinstance(modes, list) else [modes]:
            if mode not in _BLEND_MODES:
                yield f"the blend mode {mode}"


def _blending_space(file: PdfFile) -> Iterator[str]:
    """Look at pages of files without an output intent; with one it is the blending space."""
    is_transparent = any(
        state.get("CA", 1) != 1
        or state.get("ca", 1) != 1
        or state.get("SMask", "None") != "None"
        or state.get("BM", "Normal") not in ("Normal", "Compatible")
        for state in _states(file)
    ) or any("SMask" in image for image in _images(file))
    if _profile_space(file) is not None or not is_transparent:
        return
    for page in file.typed("Page"):
        if "CS" not in file.part(page, "Group"):
            yield "a page with transparency has no blending colour space"


_fonts = typed("Font")


def _font_types(file: PdfFile) -> Iterator[str]:
    for font in _fonts(file):
        if font.get("Subtype") not in _FONT_TYPES:
            yield f"a font of type {font.get('Subtype')}"


def _font_names(file: PdfFile) -> Iterator[str]:
    for font in _fonts(file):
        if font.get("Subtype") != "Type3" and not isinstance(font.get("BaseFont"), Name):
            yield "a font without BaseFont"


def _font_files(file: PdfFile) -> Iterator[str]:
    for descriptor in file.typed("FontDescriptor"):
        subtype = file.part(descriptor, "FontFile3").get("Subtype")
        if subtype not in _FONT_FILE_TYPES:
            yield f"a font file of type {subtype}"


def _character_maps(file: PdfFile) -> Iterator[str]:
    """Allow the two identities only, the ones that our documents use."""
    for font in _fonts(file):
        encoding = file.get(font.get("Encoding"))
        if font.get("Subtype") == "Type0" and encoding not in ("Identity-H", "Identity-V"):
            yield f"the character map {encoding} is neither Identity-H nor Identity-V"


def _glyph_maps(file: PdfFile) -> Iterator[str]:
    for font in _fonts(file):
        if font.get("Subtype") == "CIDFontType2" and "CIDToGIDMap" not in font:
            yield f"the font {font.get('BaseFont')} has no CIDToGIDMap"


def _embedded(file: PdfFile) -> Iterator[str]:
    for font in _fonts(file):
        if font.get("Subtype") in ("Type0", "Type3"):
            continue
        descriptor = file.part(font, "FontDescriptor")
        if not any(file.stream_of(descriptor.get(key)) for key in _FONT_FILES):
            yield f"the font {font.get('BaseFont')} is not embedded"


def _unicode(file: PdfFile) -> Iterator[str]:
    for font in _fonts(file):
        is_descendant = font.get("Subtype") in _COMPOSITE[1:]
        if not is_descendant and file.stream_of(font.get("ToUnicode")) is None:
            yield f"the font {font.get('BaseFont')} does not say its characters"


CLAUSES: Final = (
    Clause("6.1.10-1", "inline images are packed by a standard filter, not LZW", _inline_filters),
    Clause("6.1.13-8", f"at most {SAVED_STATES_MAX} states are saved", _saved_states),
    Clause("6.2.2-1", "every operator is one of ISO 32000-1", _defined_operators),
    Clause("6.2.2-2", "a page with content has its own Resources", _resources),
    Clause("6.2.3-1", "the output intent has a profile of a printer or monitor", _output_profile),
    Clause("6.2.3-2", "all output intents have one profile", _one_profile),
    Clause(
        "6.2.3-3",
        "no output intent has its profile elsewhere",
        forbidden(_output_intents, "an output intent", "DestOutputProfileRef"),
    ),
    Clause("6.2.4.2-1", "profiles of colour spaces are profiles", _source_profiles),
    Clause("6.2.4.3-2", "DeviceRGB only with an RGB output intent", _device("DeviceRGB")),
    Clause("6.2.4.3-3", "DeviceCMYK only with a CMYK output intent", _device("DeviceCMYK")),
    Clause("6.2.4.3-4", "DeviceGray only with an output intent", _device("DeviceGray")),
    Clause("6.2.5-1", "no transfer function", forbidden(_states, "a graphics state", "TR")),
    Clause("6.2.5-2", "no transfer function but the default one", _transfer),
    Clause("6.2.5-3", "no halftone phase", forbidden(_states, "a graphics state", "HTP")),
    Clause("6.2.5-4", "halftones are of type 1 or 5", _halftones),
    Clause("6.2.6-1", "rendering intents are the four standard ones", _rendering_intents),
    Clause("6.2.8-1", "no alternate images", forbidden(_images, "an image", "Alternates")),
    Clause("6.2.8-2", "no OPI in images", forbidden(_images, "an image", "OPI")),
    Clause("6.2.8-3", "images are not interpolated", _interpolation),
    Clause("6.2.9-1", "no PostScript and no OPI in forms", _form_scripts),
    Clause("6.2.9-2", "no forms from other files", forbidden(_forms, "a form", "Ref")),
    Clause("6.2.9-3", "no objects of PostScript", _postscript),
    Clause("6.2.10-1", "blend modes are those of ISO 32000-1", _blend_modes),
    Clause("6.2.10-2", "transparency has a blending colour space", _blending_space),
    Clause("6.2.11.2-2", "fonts are of a standard type", _font_types),
    Clause("6.2.11.2-3", "fonts have a name", _font_names),
    Clause("6.2.11.2-7", "font files are of a standard type", _font_files),
    Clause("6.2.11.3-2", "fonts of glyph numbers map to their glyphs", _glyph_maps),
    Clause("6.2.11.3-3", "character maps are the identity", _character_maps),
    Clause("6.2.11.4-1", "every font is embedded", _embedded),
    Clause("6.2.11.7-1", "every font says its characters in Unicode", _unicode),
)

"""What stands under a mail: closing, name, titles, numbers and the notes of devices.

A line of a signature has neither pronoun nor verb and is no question; a block of such lines is one
where a number, an address or a title shows it. A number that was given, as of an order, stays.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from detectors.cues import plain, words

LONGEST: Final = 110
"""Characters of a line of a signature."""
_FEW_WORDS: Final = 4
"""Fewer words than this above what looks like a signature: it may be the message itself."""
_NAME_WORDS: Final = 4
"""Words in a line with a name, a title or a company, at most."""
_CLOSING: Final = re.compile(
    r"(?:(?:with |many |best |kind |kindest |warm |warmest |friendly |yours? )*"
    r"(?:regards|thanks|thank you|thx|cheers|sincerely|faithfully|truly|yours|wishes|br|rgds|best"
    r"|respectfully|cordially)(?: in advance| again| so much| a lot| and regards| and best regards"
    r"| & regards| very much| sincerely| truly| faithfully)?"
    r"|love & light|love|hope to hear from you soon|looking forward to hearing from you)"
    r"(?:[,!.]| ?[-–] ?|,? [a-z.\u00c0-\u024f]{1,15}){0,3}"
)
_FAREWELL: Final = re.compile(
    r"(?:mit (?:freundlichen?|besten?) gr[uü](?:ß|ss)e?n?"
    r"|(?:viele|freundliche|beste|liebe) gr[uü](?:ß|ss)e|mfg|lg|vg|(?:bien )?cordialement"
    r"|bien [aà] vous|salutations|(?:un )?(?:cordial )?saludos?|atentamente|atenciosamente"
    r"|(?:cordiali |distinti )?saluti|(?:met )?(?:vriendelijke )?groet(?:en)?|mvh"
    r"|med v[aä]nliga? h[aä]lsningar?|pozdrawiam|abra[cç]o)"
    r"(?:[,!.]|,? [a-z.\u00c0-\u024f]{1,15}){0,3}"
)
"""A closing in another language: it is no reason to take the message for one in it."""
_PARTING: Final = re.compile(
    r"regards|sincerely|faithfully|truly|wishes|respectfully|cordially|gr[uü](?:ß|ss)|cordialement"
    r"|salutations|saludo|atent|saluti|groet|h[aä]lsning"
)
"""A closing below which nobody writes on; below "thanks" many do."""
_BREAK: Final = re.compile(r"(?:--|—|–|---|-----|__|_{5,80}|[*=]{3,120}|-{6,120}) ?")
_DASHES: Final = frozenset({"--", "—", "–", "__"})
_SENT: Final = re.compile(
    r"(?:sent (?:from|with|via|using)(?: my)?|get outlook for|envoyé (?:de|depuis|à partir)"
    r"|enviad[oa] (?:desde|do|de|a partir)|inviato (?:da|dal)|verstuurd|verzonden (?:vanaf|met)"
    r"|von me(?:inem|iner)|diese nachricht wurde von|gesendet (?:von|mit)|skickat från|sendt fra"
    r"|wysłan[eo] z)\b(?P<by>[^?!\n]{0,60}?)(?:<[^>\n]{0,120}>)?|(?P<ja>.{0,12})から送信"
)
_DEVICE: Final = re.compile(
    r"phone|ipad|ipod|android|galaxy|pixel|tablet|mobile?|m[oó]vil|mail|outlook|ios\b|samsung|huawei"
    r"|xiaomi|blackberry|telef|gerät|web|gmx"
)
_SAYING: Final = words(
    "i i'm i've i'd im me my you your yours we it it's this that he she they is are was"
    " were be been has have had do does did don't doesn't didn't can can't cannot could"
    " will won't would should please not no nobody nothing since because but when if what"
    " why how where need needs want help order invoice ticket booking case account"
    " customer serial reference version error ref problem contract policy subscription"
    " urgent urgently asap emergency danger hacked stolen locked blocked broken down dead"
    " burning die dying kill suicide threatened charged refund"
)
"""Words of sentences, of what a customer gives, and of what must be heard."""
_CONTACT: Final = re.compile(
    r"\+\d[\d ()./-]{6,20}|\b(?:tel|phone|fax|mobile?|mob|cell|t|m|f|direct)\b\.?:? ?[+(]?\d"
    r"|[\w.+-]{1,64}@[\w-]{1,63}\.\w|https?://|\bwww\.|\w \| \w|\d{3}[ .-]\d{3}[ .-]?\d{3,4}"
    r"|\b(?:gmbh|ag|ltd|llp|llc|inc|plc|s\.l\.|b\.v\.|oy|ab|p/f|hrb|vat|kvk)\b"
    r"|follow us|fingerprint"
)
_TITLE: Final = words(
    "head director manager officer engineer partner partners attorney attorneys solicitor"
    " solicitors lawyer paralegal counsel ceo cto cfo coo lead leader coordinator"
    " assistant secretary referent referentin advocaat avocat avocats abogado avvocato"
    " rechtsanwalt consultant specialist analyst president founder professor department"
    " team desk editor supervisor administrator accountant accounts compliance leiter"
    " leiterin geschäftsführer geschäftsführerin responsable directeur chargé litigation"
)
_PICTURE: Final = re.compile(
    r"(?:[\[<][^\]>\n]{3,200}[\]>][ ,;|]*){1,8}|(?:\w{3,12}<https?://[^>]{3,120}>\s*){1,8}"
)


class Signed(NamedTuple):
    """What of a text is signature.

    `lines` are those of signatures and notes of devices, `begins` is the line where the signature
    begins, its end where it has none. `shown` says whether more than a closing shows it: few write
    on below their name, title and number.
    """

    lines: frozenset[int]
    begins: int
    shown: bool


def signed(folded: Sequence[str]) -> Signed:
    """The signature of a text; `folded` are its lines, stripped and in small letters."""
    found = {at for at, line in enumerate(folded) if _is_note(line)}
    first, tail, dashed, shown, parted = True, len(folded), False, False, False
    enough = _enough(folded)
    for begin, end in _blocks(folded):
        for at in range(max(begin + first, enough), end):
            if _is_closing(folded[at]):
                tail = min(tail, at)
                dashed = dashed or folded[at] in _DASHES
                parted = parted or _PARTING.search(folded[at]) is not None
        under = range(max(begin, tail), end)
        block = under if under or first else range(begin, end)
        lines = [at for at in block if at >= enough and not _is_closing(folded[at])]
        shown = shown or (parted and bool(lines) and all(_is_name(folded[at]) for at in lines))
        parted = parted and not lines
        if dashed or any(_shows(folded[at]) for at in lines):
            kept = [at for at in lines if not _is_of(folded[at])]
            if under or not kept:
                found.update(set(lines).difference(kept))
                shown = shown or bool(lines)
                tail = min(tail, block.start) if lines else tail
        first = False
    return Signed(frozenset(found), tail, shown)


def _enough(folded: Sequence[str]) -> int:
    """The line above which somebody says something."""
    words = 0
    for at, line in enumerate(folded):
        if words >= _FEW_WORDS:
            return at
        words += len(line.split())
    return len(folded)


def _is_note(line: str) -> bool:
    if len(line) > LONGEST:
        return False
    marks = _PICTURE.fullmatch(line) or _FAREWELL.fullmatch(line) or _BREAK.fullmatch(line)
    return marks is not None or _is_of_device(line)


def _is_of_device(line: str) -> bool:
    found = _SENT.fullmatch(line)
    if found is None:
        return False
    device = found["by"] or found["ja"] or ""
    return _DEVICE.search(device) is not None and _SAYING.isdisjoint(plain(device).split())


def _is_closing(line: str) -> bool:
    return (
        len(line) <= LONGEST
        and (_CLOSING.fullmatch(line) or _FAREWELL.fullmatch(line) or _BREAK.fullmatch(line))
        is not None
    )


def _is_of(line: str) -> bool:
    """Whether nobody says anything in a line."""
    return len(line) <= LONGEST and line[-1] not in "?!" and _SAYING.isdisjoint(plain(line).split())


def _is_name(line: str) -> bool:
    """Whether a line may be a name, a title or a company, and nothing is said in it."""
    return len(line.split()) <= _NAME_WORDS and _is_of(line)


def _shows(line: str) -> bool:
    """Whether a line is of a signature by what stands in it."""
    if len(line) > LONGEST:
        return False
    return _CONTACT.search(line) is not None or not _TITLE.isdisjoint(plain(line).split())


def _blocks(folded: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From where to where lines stand without an empty one between."""
    begin: int | None = None
    for at, line in enumerate([*folded, ""]):
        if line and begin is None:
            begin = at
        elif not line and begin is not None:
            yield begin, at
            begin = None

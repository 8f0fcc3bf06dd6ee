"""The text of an event that detectors read, cut when it is too long."""

from schemas.records import ConversationMessage, Record, Role, Visibility

READ_BYTES = 64 * 1024
"""Of a longer text only the first and the last half of this are read: it is `truncated`."""


def text_of(event: Record) -> tuple[str, bool]:
    """What detectors read of an event (empty when they need not), and whether it was cut."""
    if not isinstance(event, ConversationMessage) or event.visibility is Visibility.INTERNAL:
        return "", False
    if event.role is Role.CUSTOMER:
        return shorten(event.translated_text or event.text)
    return shorten(event.text) if event.role is Role.AI else ("", False)


def shorten(text: str) -> tuple[str, bool]:
    """At most `READ_BYTES` of UTF-8, and whether something was left out."""
    if len(text) * 4 <= READ_BYTES:
        return text, False
    data = text.encode()
    if len(data) <= READ_BYTES:
        return text, False
    half = READ_BYTES // 2
    return f"{data[:half].decode(errors='ignore')}\n{data[-half:].decode(errors='ignore')}", True

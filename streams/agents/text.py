"""What of an event's text is read: none is too long to be decided."""

from msgspec.structs import replace

from schemas.json_format import LOST
from schemas.records import ConversationMessage, Record, Role, TicketUpdate, Visibility

READ_BYTES = 64 * 1024
"""Of a longer text only the first and the last half of this are read: it is `truncated`."""

Conversation = ConversationMessage | TicketUpdate


def bounded(event: Conversation) -> tuple[Conversation, bool]:
    """The event with its texts cut to what is read and kept of them, and whether any was, or
    had lost characters before.

    The whole text stays where the record lies; decisions and packages name the message.
    """
    if not isinstance(event, ConversationMessage):
        return event, False
    text, cut = shorten(event.text)
    translated, cut_too = shorten(event.translated_text or "")
    if not (cut or cut_too):
        return event, LOST in event.text or LOST in translated
    return replace(event, text=text, translated_text=translated or None), True


def text_of(event: Record) -> str:
    """What detectors read of an event; empty when they need not."""
    if not isinstance(event, ConversationMessage) or event.visibility is Visibility.INTERNAL:
        return ""
    if event.role is Role.CUSTOMER:
        return event.translated_text or event.text
    return event.text if event.role is Role.AI else ""


def shorten(text: str) -> tuple[str, bool]:
    """At most `READ_BYTES` of UTF-8, and whether something was left out."""
    if len(text) * 4 <= READ_BYTES:
        return text, False
    data = text.encode()
    if len(data) <= READ_BYTES:
        return text, False
    half = READ_BYTES // 2
    return f"{data[:half].decode(errors='ignore')}\n{data[-half:].decode(errors='ignore')}", True

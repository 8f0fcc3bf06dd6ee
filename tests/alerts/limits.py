"""The limits that PagerDuty and Slack publish, written down from their documentation."""

import re
from datetime import datetime
from typing import Any

import msgspec

PLAIN = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")


def check_pagerduty(body: bytes) -> dict[str, Any]:
    """https://developer.pagerduty.com/docs/send-alert-event"""
    assert len(body) <= 512 * 1024
    event: dict[str, Any] = msgspec.json.decode(body)
    assert len(event["routing_key"]) == 32
    assert event["event_action"] in ("trigger", "acknowledge", "resolve")
    assert 0 < len(event["dedup_key"]) <= 255
    if event["event_action"] == "trigger":
        payload = event["payload"]
        assert 0 < len(payload["summary"]) <= 1_024
        assert payload["source"]
        assert payload["severity"] in ("critical", "error", "warning", "info")
        datetime.fromisoformat(payload["timestamp"])
        assert isinstance(payload["custom_details"], dict)
        assert all(
            isinstance(payload.get(name, ""), str) for name in ("component", "group", "class")
        )
    for link in event.get("links", ()):
        assert link["href"].startswith(("http://", "https://"))
    return event


def check_slack(body: bytes) -> dict[str, Any]:
    """https://docs.slack.dev/reference/block-kit/blocks"""
    message: dict[str, Any] = msgspec.json.decode(body)
    assert 0 < len(message["text"]) <= 4_000
    assert not PLAIN.search(message["text"])
    assert 0 < len(message["blocks"]) <= 50
    for block in message["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 0 < len(block["text"]["text"]) <= 150
            continue
        assert block["type"] == "section"
        fields = block.get("fields", [])
        assert fields or block["text"]
        assert len(fields) <= 10
        assert all(0 < len(field["text"]) <= 2_000 for field in fields)
        texts = [field["text"] for field in fields] + [block.get("text", {}).get("text", "")]
        assert len(texts[-1]) <= 3_000
        assert not any(PLAIN.search(text) for text in texts)
    return message

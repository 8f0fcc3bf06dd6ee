"""Chat by hand with the example platform, as any number of customers.

    python -m deploy.examples.chat_terminal --late human

Type a customer's words after a ticket's name, `T1 Where is my parcel?`. What the customer would
see is printed. The AI is a stand-in that is sure of short questions only.
"""

import argparse
import os
import queue
import sys
import threading

from confluent_kafka import KafkaException

from deploy.examples.chat import Answer, Chat, Late
from deploy.examples.chat_platform import TOPICS, Platform
from deploy.examples.wire import NoTopic, Wire

SHORT = 80


def stand_in(chat: Chat) -> Answer:
    """No AI, but enough to try the gate."""
    said = chat.lines[-1].text
    hint = f" ({chat.instructions})" if chat.instructions else ""
    text = f"I have looked up “{said[:SHORT]}” for you.{hint}"
    return Answer(text, confidence=0.9 if len(said) < SHORT else 0.4)


def _read(typed: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        typed.put(line)


def main() -> None:
    """Read lines and show lines until the input ends and nothing is waited for."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ask.add_argument("--bootstrap", default=os.environ.get("BATON_BOOTSTRAP_SERVERS"))
    ask.add_argument("--prefix", default=os.environ.get("BATON_TOPIC_PREFIX", ""))
    ask.add_argument("--late", type=Late, choices=list(Late), default=Late.HUMAN)
    ask.add_argument("--patience", type=float, default=10.0, help="seconds until it is late")
    ask.add_argument("--no-drafts", action="store_true", help="send what the AI says unjudged")
    options = ask.parse_args()
    typed: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(typed,), daemon=True)
    bootstrap = options.bootstrap or "127.0.0.1:9092"
    with Wire(bootstrap, TOPICS, from_start=False, prefix=options.prefix) as wire:
        platform = Platform(
            wire,
            stand_in,
            late=options.late,
            patience=options.patience,
            drafts=not options.no_drafts,
            show=lambda line: print(f"{line.ticket_id} {line.role}: {line.text}", flush=True),
        )
        reader.start()
        while reader.is_alive() or not typed.empty() or platform.is_waiting:
            while not typed.empty():
                ticket_id, _, text = typed.get().strip().partition(" ")
                if text:
                    platform.customer_says(ticket_id, text)
            platform.poll()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except NoTopic as error:
        sys.exit(str(error))
    except KafkaException as error:
        sys.exit(f"{error.args[0].str()}: is a broker running, and is this its address?")

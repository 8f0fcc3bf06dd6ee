"""The same matters in other voices and industries, and an ordinary day that fires nothing."""

import pytest

from detectors import Signals, analyze

MATTERS = [
    ("billing_dispute", "The refund you promised in March still hasn't landed"),
    ("billing_dispute", "my prescription was charged to the wrong insurance"),
    ("billing_dispute", "pls waive the late fee, nobody told me about it"),
    ("billing", "can u tell me why my bill is so high this mnth"),
    ("billing", "The tariff increase is more than our budget allows"),
    ("billing", "there is some error with my payment, kindly check"),
    ("security", "i forgot my pasword n cant login"),
    ("security", "My PIN is blocked after three wrong tries"),
    ("security", "I was mugged last night, they took my bag and the card"),
    ("security", "Somebody has been using my account without my permission"),
    ("security", "My ex has my login and reads my messages"),
    ("security", "I see someone else's invoices in my portal"),
    ("legal_compliance", "We need your SOC 2 report for our auditors by Friday"),
    ("legal_compliance", "If this isn't resolved I'll be contacting my solicitor"),
    ("legal_compliance", "Does your product store customer data in the EU?"),
    ("legal_compliance", "Under our contract, clause 4, we are entitled to credits"),
    ("technical", "The export spins forever and then shows a white screen"),
    ("technical", "our endpoint returns 422 for every second call"),
    ("urgency", "Our checkout has been down for 40 minutes and we are losing sales"),
    ("urgency", "Our flight leaves in two hours and we cannot check in"),
    ("safety", "i feel like ending it all"),
    ("safety", "The charger got so hot it melted"),
    ("human_request", "can someone from your team ring me tomorrow"),
    ("human_request", "help me speaking wth a person"),
    ("human_request", "i'd rather have a real person than a chatbot"),
    ("ai_failed", "That article you linked has nothing to do with my question"),
    ("ai_failed", "You gave me the same answer three times"),
    ("negative", "You people are a joke"),
    ("negative", "Honestly, a bit let down by how this was handled."),
    ("negative", "still waiting. day 12. unbelievable"),
    ("negative", "Oh brilliant, another outage."),
    ("negative", "My grandmother died and I need to close her account"),
]

NEAR = [
    ("human_request", "I want to know if you are a real person or an AI"),
    ("human_request", "has my supervisor approved the expense report"),
    ("human_request", "where do i find human resources"),
    ("human_request", "what is the agent fee"),
    ("human_request", "can you act like a real person"),
    ("security", "How do I set up SAML single sign-on for our domain?"),
    ("security", "Which permissions does an editor have?"),
    ("security", "how do I open an account for my daughter"),
    ("security", "I found my lost card in a coat, all fine"),
    ("billing_dispute", "what is your refund policy"),
    ("billing_dispute", "why does it take so long"),
    ("ai_failed", "if this does not work I will try the other cable"),
    ("negative", "The flat was my late grandmother's, please put my name on the account"),
    ("urgency", "This is urgent!!"),
]

ORDINARY_DAY = [
    "what time does the store on High Street close?",
    "could I add extra cheese and change the pick-up time?",
    "we'd like to see dark mode in the app",
    "where is my parcel?",
    "update my delivery address please",
    "seat 14A please, and a vegetarian meal",
    "set up my new set-top box please",
    "I'd love some help choosing a laptop for school",
    "what's the baggage allowance for economy",
    "is it possible to have the pizza without onions",
    "the driver was so kind, thanks!",
    "do you ship to Norway?",
    "how do I invite a colleague to the workspace",
    "my table is for four people at eight",
    "can I move my dentist appointment to Thursday",
    "which documents do I bring for a new passport photo",
    "does the policy cover rental cars in Italy",
    "how do I pair the remote with the television",
    "is there a gluten free option",
    "I would like to know the status of my application",
    "when does the winter timetable start",
    "hello, anyone there",
    "can I export the calendar as a file",
    "how many megabytes are in my data bundle",
    "please send the brochure to my home address",
    "rename our team to Blue Harbour",
    "what does the yellow light on the kettle mean",
    "two tickets to Porto on the ninth, window side",
    "add my daughter as a passenger",
    "how do I sort the list by date",
]
HANDS_OVER = (
    "negative",
    "billing",
    "billing_dispute",
    "security",
    "legal_compliance",
    "human_request",
    "urgency",
    "safety",
    "ai_failed",
)


def fired(signals: Signals) -> list[str]:
    return [name for name in HANDS_OVER if getattr(signals, name).score >= 0.5]


@pytest.mark.parametrize(("name", "text"), MATTERS)
def test_a_matter_is_heard_in_any_voice(name: str, text: str) -> None:
    assert getattr(analyze([text])[0], name).score >= 0.5


@pytest.mark.parametrize(("name", "text"), NEAR)
def test_a_matter_that_only_sounds_alike_stays_low(name: str, text: str) -> None:
    assert getattr(analyze([text])[0], name).score < 0.5


def test_at_least_nine_in_ten_ordinary_first_messages_fire_nothing() -> None:
    loud = {
        text: names
        for text, signals in zip(ORDINARY_DAY, analyze(ORDINARY_DAY), strict=True)
        if (names := fired(signals))
    }
    assert len(loud) * 10 <= len(ORDINARY_DAY), loud


def test_a_stranger_s_street_and_town_are_english() -> None:
    [signals] = analyze(["221 w las flores ave de forest park 60130 mobile no 55501234"])
    assert not signals.unreadable

"""Languages: English is read, some of others, the rest is unreadable."""

import pytest

from detectors import analyze
from detectors.lexicon import rules_of
from detectors.words import lexicon_lines, stream


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I change my address?", "en"),
        ("ok", "en"),
        ("KLM 123", "en"),
        ("¿Dónde está mi pedido? No lo tengo todavía", "es"),
        ("Où est ma commande ? Je ne trouve pas le colis", "fr"),
        ("Wann kommt denn meine Bestellung an? Ich warte noch", "de"),
        ("Quando chega o meu pedido? Ainda não recebi", "pt"),
        ("Dove si trova il mio ordine? Non è ancora arrivato", "it"),
        ("Waar is mijn bestelling? Ik heb het nog niet", "nl"),
        ("注文はいつ届きますか", "ja"),
        ("Где мой заказ?", "und"),
        ("주문이 언제 도착하나요", "ko"),
        ("123 456", None),
    ],
)
def test_a_language_is_recognised(text: str, language: str | None) -> None:
    assert analyze([text])[0].language == language


@pytest.mark.parametrize(
    "text",
    [
        "Wann kommt denn meine Bestellung an? Ich warte noch",
        "Где мой заказ?",
        "¿Dónde está mi pedido? No lo tengo todavía",
        "Rechnung stimmt leider überhaupt nicht, Betrag falsch abgebucht",
        "siparişim için bilgi almak istiyorum, nasıl bir yol var",
    ],
)
def test_what_is_not_understood_is_unreadable_and_fires_nothing(text: str) -> None:
    [signals] = analyze([text])
    assert signals.unreadable
    assert signals.negative.score == signals.billing.score == 0.0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hola, quiero hablar con una persona por favor", "human_request"),
        ("Bonjour, je voudrais parler à un conseiller", "human_request"),
        ("Ich möchte bitte mit einem Menschen sprechen", "human_request"),
        ("Quero falar com um atendente, por favor", "human_request"),
        ("Vorrei parlare con un operatore, per favore, non con te", "human_request"),
        ("Ik wil met een medewerker spreken", "human_request"),
        ("担当者と話したいです", "human_request"),
        ("Ich habe mein Passwort vergessen und kann nicht rein", "security"),
        ("J'ai oublié mon mot de passe et je ne peux pas entrer", "security"),
        ("パスワードを忘れました", "security"),
        ("No quiero vivir, quiero morir", "safety"),
        ("死にたい", "safety"),
        ("En la cocina huele a gas y los niños están aquí", "safety"),
        ("Mon frère ne respire plus, c'est dans la chambre", "safety"),
        ("Hier ist ein starker Gasgeruch im Flur, was nun", "safety"),
        ("O meu carregador pegou fogo e não sei o que fazer", "safety"),
        ("Il bambino non respira bene, che cosa devo fare", "safety"),
        ("Chiamate un'ambulanza per favore, mio padre sta male", "safety"),
        ("Il y a un début d'incendie dans la cuisine, aidez-nous", "safety"),
        ("Mijn vader krijgt geen lucht en hij is alleen thuis", "safety"),
        ("台所がガス臭いです", "safety"),
        ("Perdí la tarjeta en el autobús, ¿qué hago?", "security"),
        ("Je ne reçois pas le code pour entrer dans mon compte", "security"),
        ("Bitte meine Daten löschen, ich bin nicht mehr Kunde", "security"),
        ("Perdi o cartão ontem e não sei o que fazer", "security"),
        ("Ho perso la carta e non so che cosa fare", "security"),
        ("Ik ben mijn pas kwijt, wat moet ik nu doen", "security"),
        ("カードをなくしました", "security"),
        ("Por favor, pásame con alguien de la empresa", "human_request"),
        ("Rappelez-moi, je ne veux pas de robot", "human_request"),
        ("Verbinden Sie mich bitte, das ist mir zu kompliziert", "human_request"),
        ("Não quero robô, quero uma pessoa de verdade", "human_request"),
        ("Voglio una persona e non un robot, per favore", "human_request"),
        ("Ik wil iemand spreken en geen robot meer", "human_request"),
        ("責任者と話をさせてください", "human_request"),
    ],
)
def test_safety_security_and_the_wish_for_a_person_are_read(text: str, name: str) -> None:
    [signals] = analyze([text])
    found = getattr(signals, name)
    assert found.score >= 0.5
    assert not signals.unreadable


def test_no_phrase_that_calls_somebody_is_a_plain_word_of_a_language() -> None:
    plain = {word for line in lexicon_lines("languages") for word in stream(line).split()}
    phrases = {
        phrase.strip()
        for rule in rules_of("foreign", {})
        for part in rule.parts
        for phrase in part.phrases
    }
    assert not plain & phrases


def test_a_name_or_an_address_is_not_another_language() -> None:
    texts = ["Julie George", "12 Rose Drive, Springfield IL 60011", "de la Cruz", "window seat"]
    texts += ["two large jalapeño burgers, sautéed mushrooms, extra fries"]
    assert not any(signals.unreadable for signals in analyze(texts))


@pytest.mark.parametrize(
    "text",
    [
        "¿Dónde está mi pedido? No lo tengo todavía",
        "Où est ma commande ? Je ne trouve pas le colis",
        "Wann kommt denn meine Bestellung an? Ich warte noch",
        "Quando chega o meu pedido? Ainda não recebi",
        "Dove si trova il mio ordine? Non è ancora arrivato",
        "Waar is mijn bestelling? Ik heb het nog niet",
        "注文はいつ届きますか",
        "Bom dia, onde está o meu pedido? Ainda não chegou",
        "Hola, tengo un problema con mi pedido y una pregunta",
        "Bonjour, je voudrais un remboursement pour ma commande d'hier",
        "Buongiorno, ho un problema con l'ordine, non è arrivato",
    ],
)
def test_a_plain_question_in_another_language_calls_nobody(text: str) -> None:
    [signals] = analyze([text])
    assert not any((signals.safety.score, signals.security.score, signals.human_request.score))


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("Hello, can you help? 注文した商品の配送状況について質問があります。", True),
        ("Is the 抹茶 from 京都 in stock again?", False),
        ("My name is Алёна, where is my order?", False),
        ("Ηow do I chаnge the аddress of my оrder for next week?", False),
        ("ｈｏｗ ｄｏ Ｉ ｃｈａｎｇｅ ｍｙ ａｄｄｒｅｓｓ?", False),
        ("👍👍👍👍👍👍👍👍👍👍👍👍 great, thanks", False),
    ],
)
def test_more_than_a_name_in_a_script_that_is_not_read_makes_a_text_unreadable(
    text: str, unreadable: bool
) -> None:
    assert analyze([text])[0].unreadable is unreadable


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("M y  a c c o u n t  w a s  h a c k e d", True),
        ("W-h-y d-i-d y-o-u c-h-a-r-g-e m-e", True),
        ("Do you have sizes S, M, L and XL of the b and c models, too?", False),
        ("The lid says x = a + b * c, and e - f is 4?", False),
    ],
)
def test_words_taken_apart_are_not_read(text: str, unreadable: bool) -> None:
    assert analyze([text])[0].unreadable is unreadable

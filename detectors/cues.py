"""The words by which sentences are told that mails carry: disclaimers, notices, warnings, imprints.

A line is one cue, in whatever words and languages. They are looked up in small letters with blanks
in the place of punctuation; one that begins or ends with `_` does so where a word does.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import Final

import ahocorasick

ITSELF: Final = (
    "this e mail,this email,this message,this communication,this transmission,this mail"
    ",this fax,this correspondence,this electronic,this document"
    ",intended recipient,addressee,named recipient,the sender,e mail transmission"
    ",email transmission,e mail traffic,email traffic,e mail communication"
    ",email communication,email is from,diese e mail,dieser e mail"
    ",diese mail,dieser mail,diese nachricht,dieser nachricht,adressat,empfanger,empfänger"
    ",absender,ce message,ce courriel,présent message,présent courriel,destinat,expéditeur"
    ",este mensaje,este correo,remitente,esta mensagem,este e mail,este email,mittente"
    ",questo messaggio,questa e mail,questa comunicazione,dit bericht,dit e mail,deze e mail"
    ",deze mail,geadresseerde,afzender,denna e post,denne e mail,denne e post,ta poczta"
    ",ta wiadomość,adresatem,本メール,このメール,authorised and regulated,authorized and regulated"
    ",will never ask,public record,was scanned,been scanned,unsubscribe from,hipaa notice"
    ",export control,calls are recorded,you are receiving,you're receiving"
    ",confidentiality notice,this service is,consider the environment,if you are not the"
    ",received this,information contained in,contents of this,any dispute,any claim dispute"
    ",nothing in this,past performance,securities offered,rights reserved,registered office"
    ",registered in england,is a company,opinions expressed,views expressed,monitor email"
    ",monitor e mail,monitor all e,terms and conditions apply,conditions apply to all"
    ",under the general data protection,in accordance with the general data"
    ",de conformidad con,conformément au,ai sensi del,gemäß art,nach art,il contenuto di"
    ",el contenuto de,o conteúdo,de informatie in,der inhalt,die in dieser,legally privileged"
    ",this firm,does not accept service,we do not accept service,equal opportunity"
    ",this inbox,this mailbox,this address,this account may,this newsletter,to and from this"
    ",to or from this,is an attempt to collect,nothing contained in,agreement is concluded"
    ",are receiving,in this communication,in this mail,pflichtangaben,hinweise zum datenschutz"
    ",vos données sont,le informamos,informativa,by replying to,replies to this,freedom of info"
    ",is a charity,wire fraud,fraud alert,your capital is,authorised by the,authorized by the"
    ",no contract may,no longer wish to,privacy notice,manage preferences,circular 230"
    ",disclaimer,haftungsausschluss,checked for viruses,free of viruses,libre de virus"
    ",virenfrei,garanti sans virus,legal notice,aviso legal"
)
"""A mail speaks of itself, its sender or its recipient."""
CARRIED: Final = (
    "confident,confidenc,confidenz,confidê,confidenti,vertraulich,vertrouwelijk,riservat"
    ",konfiden,poufn,機密",
    "privileged,privilege_,work product,privilégi",
    "intended only,intended solely,intended for,solely,only for,for the use,for the sole"
    ",ausschließlich,bestimmt,exclusiv,esclusiv,uitsluitend,exclusief,for the named"
    ",for the addressee",
    "unauthori,non authori,authorized to,authorised to,expressly,unbefugt,autoris,autoriz"
    ",not permitted,niet toegestaan",
    "prohibit,unlawful,violation of,prohibid,interdit,vietat,verboten,illegal,禁じ",
    "disclos,disseminat,divulg,offenleg,開示,openbaar",
    "_copy_,copied,copying,copies,distribut,reproduc,retain,_kopie,_copia,複製,_forwarding",
    "in error,by mistake,misdeliver,mis delivery,irrtümlich,par erreur,por error,per errore"
    ",por engano,av misstag,abusievelijk,誤って,errors or omissions",
    "_delet,_destroy,_löschen,vernicht,détrui,elimin,_borr,vernietig,radera,usunięcie,削除",
    "_notify,_notified,inform the,contact the sender,avertir,avisar,_avise,notif,informieren"
    ",verständigen,informe au,darne comunicazione,meddela,通知,advise the,informieren sie",
    "virus,malware,_spam_",
    "scanned,_checked,gescannt,geprüft,analizad,analysé,archived",
    "avast,antivir,bitdefender,mimecast,mailcleaner,norton,mcafee,kaspersky,sophos",
    "_liab,no responsib,not responsib,haftung,responsab,aansprakelijk,déclin,accept no"
    ",accepts no,cannot be held",
    "warrant,guarantee,accuracy,completeness,without notice,richtigkeit",
    "_binding,contract,_offer_,acceptance,vinculante,rechten worden,verträge,overeenkomst",
    "governed by,jurisdiction,laws of,_state law,gerichtsstand",
    "legal advice,tax advice,investment advice,financial advice,solicitation,not intended as"
    ",not intended to,purchase or sale,informational purposes,past performance,circular 230"
    ",penalties",
    "gdpr,rgpd,lopd,dsgvo,_rodo_,2016 679,data protection",
    "privacy,personal data,personal information,protected health,personenbezogen,datenschutz"
    ",datos personales,personuppgifter,données personnelles,dati personali,danych osobowych",
    "registered in,registered office,registered charity,registered number,company no"
    ",company number,company registered,company registration,trading name,limited liability"
    ",_charity,amtsgericht,registergericht,handelsregister,kamer van koophandel,geschäftsführ"
    ",vorstand_,aufsichtsrat,list of directors,sitz der gesellschaft",
    "regulated by,authorised and,authorized and,regulation authority,conduct authority"
    ",_finra_,_sipc_,ombudsman,act as agent,acts as agent,credit broker,_sra_",
    "credit broker,repossessed,repayments,capital at risk,insurer,verzekeraar,versicherer",
    "_vat_,ust id,_hrb_,_kvk_,_btw_,_siret_,_cif_,_nip_,_krs_,org nr,_cvr_,steuernummer,_iban_",
    "opinions,views,defamatory,copyright,the author",
    "_monitor,are recorded,intercept,complian,regulatory,cumplimiento normativo",
    "the environment,umwelt,medio ambiente,environnement,ambiente,milieu",
    "printing,imprim,stampare,before you print,ausdruck,drucken,afdrukken",
    "unsubscribe,manage preferences,rights reserved,©,terms of service,terms of use"
    ",stop receiving,you're receiving,you are receiving,mailing list,view this discussion"
    ",view it on,reply to this email,no longer wish,privacy policy",
    "terms and conditions,terms of business,algemene voorwaarden,de voorwaarden,unsere agb"
    ",e oe,geschäftsbedingungen",
    "portability,hipaa,federal,_u s c_,communications privacy",
    "public record,records law,records act,freedom of information,open records,sunshine law"
    ",open meetings,of information act",
    "subject to disclosure,subject to public,disclosed to third,upon request,to the public",
    "crisis service,crisis line,in crisis,emergency service,emergency department,emergency room"
    ",at risk of harm,call 911,call 999,call 112,call 988,text 988,samaritans,lifeline"
    ",not monitored,out of hours,in an emergency",
    "newsletter,follow us,book a demo,view in browser,_sale_,black friday,_webinar,sign up"
    ",update your preferences,shop now,read more,learn more,_award,_winner,off all,join us",
    "bank details,wire fraud,fraud alert,known number,before you send,wrong account,wiring",
    "debt collector,collect a debt,validity of the debt,late payment,accrue interest"
    ",unpaid invoices,remain our property,retention of title,paid in full",
    "discriminat,minorities,veterans,national origin,title ix,civil rights,sexual orientation",
    "rectif,supervisory authority,right of access,right to access,droit d accès,droit d'accès"
    ",opposition,derechos de acceso,supresión,fichero,_ccpa_,do not sell,your rights,subject access"
    ",your data,vos données,ihren rechten,sus datos,diritti,right to object,lodge a complaint",
    "go down as well,less than you,personal recommendation,general in nature,into account your"
    ",your objectives,personal advice,financial situation,_afsl_,not a guide",
    "zero tolerance,abusive,reported to the police,towards our staff,toward our staff",
    "subject to contract,without prejudice,prosecution,professional secrecy,criminal",
    "complaints procedure,complaint to the,refer your complaint,gender pay,pay gap",
    "service of documents,service of proceedings,service of process,accept service"
    ",open to inspection,bind cover,coverage,money laundering,_itar,export control",
    "will never ask,never ask for,never ask you,never change our,ne partagez jamais"
    ",bank details,cyber crime,beware of,have not changed",
    "code of ethics,equal opportunity,whistleblow,modern slavery,code of conduct,código ético",
)
"""What disclaimers, notices, imprints and footers say: a line or a few a cue."""
OUTSIDE: Final = (
    "external,originated,outside of the,outside the,outside your,sender,unknown source"
    ",extérieur,_extern,esterno,van buiten,don't often get,externo"
)
CAUTION: Final = (
    "_click,open attach,links or,password,credentials,phishing,verify,suspicious,recognize"
    ",recognise,mot de passe,passwort,wachtwoord,contraseña,_klick,_klik,cliquez,anhänge"
    ",learn why this,be wary,haga clic,clicar"
)
OWN: Final = (
    "_i_,_i'm_,_i've_,_i'd_,_i'll_,_im_,_ive_,_my_,_mine_,_myself_,_p s_,_ps_,take notice"
    ",hereby terminate,hereby cancel,hereby claim,hereby request,hereby ask,_sue_,your agent"
    ",your company,your team,your bot,your assistant,your driver,your staff,your colleague"
    ",you sent,you did,you have sent,you have not,you wrote,you charged,urgent,emergency"
    ",danger,suicid,_kill,hacked,stolen,violates,you violat,breached,you breach"
    ",breaching,stop sending,your privacy officer,your lawyer,our lawyer,our solicitor"
)
"""The customer speaks of himself or of what you did, asks or demands."""
ASKING: Final = (
    "_me_,_we ask,_we request,_we claim,_we expect,_we need,_we want,_we demand,_we would"
    ",_we have_,_we had,_we were,_we can't,_we cannot,_we insist,_refund,_threat,please send"
    ",please confirm,please provide,please explain,please tell,please let,please check"
    ",please stop,please remove,please help,please give,please cancel,please make,please sign"
)
"""Somebody asks or demands: notices do, too."""
_FOUND: Final = (*CARRIED, ITSELF, OUTSIDE, CAUTION, OWN, ASKING)
KINDS: Final = len(CARRIED)
OF_ITSELF, OF_OUTSIDE, OF_CAUTION, OF_OWN, OF_ASKING = range(KINDS, KINDS + 5)
_PUNCTUATION: Final = str.maketrans(dict.fromkeys('\n\t\r.,:;()[]{}<>!?"“”„«»*_/|\\-–—=+#~', " "))
_APOSTROPHES: Final = str.maketrans("’`´", "'''")


@cache
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    of: dict[str, set[int]] = {}
    for kind, words in enumerate(_FOUND):
        for word in words.split(","):
            of.setdefault(word.replace("_", " "), set()).add(kind)
    for word, kinds in of.items():
        automaton.add_word(word, tuple(kinds))
    automaton.make_automaton()
    return automaton


def cues(text: str, begins: Sequence[int]) -> list[set[int]]:
    """The kinds of cues in each part of a text; `begins` are where the parts begin, first 0."""
    found: list[set[int]] = [set() for _ in begins]
    for end, kinds in _automaton().iter(plain(text) + " "):
        # A word that ends with its blank may reach one over its part.
        found[bisect_right(begins, max(end - 1, 0)) - 1].update(kinds)
    return found


def plain(text: str) -> str:
    """In small letters, punctuation as blanks, a blank in front; no longer and no shorter."""
    small = text.lower()
    small = small if len(small) == len(text) else text
    return f" {small.translate(_APOSTROPHES).translate(_PUNCTUATION)}"


def words(listed: str) -> frozenset[str]:
    """Words that stand in one text."""
    return frozenset(listed.split())

"""Telling a short thank-you from a message that wants something.

To reopen for a thank-you costs an agent a click; to overlook a request costs a customer the answer. So a text is a
courtesy only when it thanks and every clause of it is understood: made of words of courtesy and names, or saying what
the thanks are for. English, German, French, Spanish, Italian, Portuguese and Dutch.
"""

import re
import unicodedata
from collections.abc import Sequence

LONGEST = 200
"""Characters beyond which a text is no short thank-you."""

_MOST_NAMES = 4
_MOST_REASONS = 10
"""Words after "thanks for" beyond which it is no longer only that."""

_QUESTION_MARKS = re.compile(r"[?\u00bf\uff1f\u061f\u037e]")
_ASKING = re.compile(r"\b(?:is|are|was|does|do|did|has|have|am) (?:it|this|that|they|you|we|there|i)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.!,;:()\n\u2026\u2013\u2014]|(?<=\s)-+(?=\s)")
_TOKEN = re.compile(r"[\w']+")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u02bc\u2018`\u00b4", "'"))

_THANKING = """
    thanks thank thx thanx ty cheers appreciated appreciate
    danke dank dankeschön
    merci remercie remercions
    gracias agradezco agradecido agradecida agradecemos
    grazie ringrazio ringraziamo
    obrigado obrigada obrigados agradeço
    bedankt dankjewel dankuwel
"""
_THANKS = frozenset(_THANKING.split())

_COURTEOUS = """
    a all and are as awesome best brilliant bye care cool day dear excellent everyone everything evening fantastic fast
    fine fixed for friday glad good great guys happy have hello help helped helpful helping hey hi i i'm is it it's job
    kind kindly kindness lot lots love lovely many marvellous million monday morning much my nice night now of oh ok
    okay our patience perfect perfectly prompt quick quickly reply regards really resolved resolving response service
    so solved solving sorted speedy super support sweet swift team that that's the there they this time to today top
    tons truly very was we weekend week well wishes with wonderful work worked working works yay yeah yep yes you your
    yours you're absolutely again
    alle alles antwort auch aufwand beste besten das die dir ein eine einen erledigt es euch eure für freundliche
    freundlichen funktioniert gelöst geht geklappt gern ganz grüße grüßen gruß gute guten hallo hat herzlich herzliche
    herzlichen hilfe ich ihnen ihre ihren ihr ist ja jetzt klappt klasse liebe lieben mal mit nochmal nochmals nun
    perfekt prima prompte recht schnelle schnellen schön schöne schönen schönes sehr tag tausend tipp toll tolle und
    unterstützung viele vielen vielmals wieder wochenende wunderbar wunderbare
    à aide aidé agréable au avec beaucoup bien bon bonjour bonne c'est ça cordialement du efficace est et fonctionne
    génial impeccable infiniment je journée la le les l'aide maintenant marche merveilleux mille nickel parfait
    parfaitement pour rapide rapidité réactivité réponse résolu salutations soirée tout toute très un une votre vous
    vraiment
    amable apoyo atención ayuda buen buena buenas buenos con de día días el en esta este está estupendo excelente
    funciona funcionó fue genial ha hola igualmente las lo los mil mucha muchas muchísimas muy perfectamente perfecto
    por rápida rápido respuesta resuelto saludos semana servicio solucionado su tarde tardes te todo todos y ya
    adesso aiuto assistenza buon buona buongiorno ciao cordiali della di e fatto funziona giornata gentile gentilezza
    il infinite l'aiuto molte molto ora ottimo per perfetto risolto risposta saluti serata siete stato supporto tanto
    tante tutto veloce vi vostro
    abraço abraços ajuda apoio atenção agora bem boa bom com cumprimentos deu dia é está funcionando funcionou foi já
    mesmo muita muitas muito noite o ótimo pela pelo perfeito pronto resolvida resolvido resposta certo suporte tudo
    um uma vocês você
    alvast dag dat een erg fijn fijne geholpen geweldig goed goede groet groeten graag hartelijk hartelijke heel hulp
    het hoi ik je jou jullie gelukt met mooi nogmaals nu ontzettend opgelost reactie snel uw van vandaag vriendelijke
    voor weer werkt zeer
"""
_KNOWN = _THANKS | frozenset(_COURTEOUS.split())

_HARMLESS = re.compile(
    r"\b(?:no (?:problems?|worries)|no (?:more|further|other) (?:questions|issues|problems)"
    r"|encore merci|merci encore|pas de (?:soucis?|problèmes?)|grazie ancora|ancora grazie"
    r"|noch ?(?:ein)?mal|nog (?=bedankt|een (?:fijne|goede)))",
    re.IGNORECASE,
)
"""Turns that are courteous although one of their words alone is not."""

_FOR = frozenset({"for", "für", "pour", "por", "per", "pela", "pelo", "voor"})
_CALLS_FOR_HELP = frozenset({"help", "hilfe", "aide", "ayuda", "aiuto", "ajuda", "hulp"})

_WANTING = """
    but still however though although yet unfortunately except instead not no never nothing cannot without
    fail fails failed failing error errors wrong missing broken broke crash crashes crashed worse stopped same
    again another also please need want can could would will when why how what where who now
    aber noch jedoch allerdings leider nicht kein keine keinen trotzdem weiterhin fehler kaputt falsch fehlt bitte warum
    mais toujours encore cependant pourtant malheureusement pas ne jamais erreur quand comment pourquoi svp
    pero todavía aún aun aunque sigue siguen tampoco nunca cuando cómo
    mas ainda não nao porém contudo continua continuam erro
    ma ancora però non tuttavia purtroppo mai errore perché
    maar nog echter niet geen helaas steeds nooit fout wanneer hoe waarom graag
"""
_WANTS = frozenset(_WANTING.split())
"""Words of a complaint or a wish, looked for where any word may stand."""


def is_courtesy(text: str) -> bool:
    """Whether a customer's message only thanks: short, no question, no complaint, nothing that is not understood."""
    written = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).strip()
    if len(written) > LONGEST or _QUESTION_MARKS.search(written) or _ASKING.search(written):
        return False
    if not _THANKS.intersection(_TOKEN.findall(written.casefold())):
        return False
    clauses = [_TOKEN.findall(clause) for clause in _CLAUSE_END.split(_HARMLESS.sub(" ", written))]
    names = [token for clause in clauses for token in clause if _is_name(token)]
    return len(names) <= _MOST_NAMES and all(_is_courteous(clause) for clause in clauses if clause)


def _is_courteous(clause: Sequence[str]) -> bool:
    if clause[0].casefold() in _CALLS_FOR_HELP:
        return False
    return all(_is_known(token) or _is_name(token) for token in clause) or _names_a_reason(clause)


def _names_a_reason(clause: Sequence[str]) -> bool:
    """Thanks for anything, as long as no word of it complains, asks or denies."""
    words = [token.casefold() for token in clause]
    at = next((place for place, word in enumerate(words) if word in _FOR), len(words))
    thanks, reason = words[:at], words[at + 1 :]
    return (
        not _THANKS.isdisjoint(thanks)
        and all(_is_known(token) or _is_name(token) for token in clause[:at])
        and 0 < len(reason) <= _MOST_REASONS
        and not any(word in _WANTS or word.endswith("n't") for word in reason)
    )


def _is_known(token: str) -> bool:
    return token.casefold() in _KNOWN


def _is_name(token: str) -> bool:
    """An unknown word that is written like a name."""
    word = token.casefold()
    looks_like_one = token[0].isupper() and (len(token) == 1 or not token.isupper())
    return looks_like_one and word not in _KNOWN and word not in _WANTS and "n't" not in word

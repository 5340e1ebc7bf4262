"""What a field means, by what people and their tools call it in seven languages."""

import re
from collections.abc import Mapping

# In the order in which they are tried: “company name” is a company, not a name.
WORDS: dict[str, str] = {
    "first_name": (
        "first name|firstname|fname|given name|givenname|forename|vorname|prénom|prenom|nombre|nome|voornaam|imię|imie"
    ),
    "last_name": (
        "last name|lastname|lname|surname|family name|familyname|nachname|familienname|nom de famille|apellido|"
        "apellidos|cognome|sobrenome|achternaam|nazwisko"
    ),
    "email": (
        "email|e mail|mail|email address|emailaddress|e mail address|mail address|work email|business email|from|"
        "replyto|reply to|emailadresse|e mail adresse|courriel|adresse email|adresse mail|correo|correo electrónico|"
        "correo electronico|posta elettronica|e mailadres"
    ),
    "phone": (
        "phone|phone number|phonenumber|telephone|tel|mobile|mobile phone|mobilephone|mobile number|cell|cell phone|"
        "cellphone|whatsapp|contact number|work phone|business phone|telefon|telefonnummer|handy|mobil|rufnummer|"
        "téléphone|portable|teléfono|telefono|móvil|movil|cellulare|telefone|celular|telefoon|telefoonnummer|"
        "mobiel|numer telefonu"
    ),
    "company_name": (
        "company|company name|companyname|organisation|organization|organisation name|organization name|business|"
        "business name|firm|employer|account name|firma|unternehmen|firmenname|société|societe|entreprise|empresa|"
        "azienda|società|bedrijf|bedrijfsnaam|organisatie"
    ),
    "title": (
        "job title|jobtitle|title|position|role|your role|job|beruf|funktion|poste|fonction|cargo|puesto|ruolo|functie|"
        "stanowisko"
    ),
    "website": "website|web site|url|homepage|web|company website|webseite|internetseite|site web|sitio web|sito web",
    "postal_code": (
        "postal code|postalcode|postcode|post code|zip|zip code|zipcode|postal|plz|postleitzahl|code postal|"
        "código postal|codigo postal|cap|cep|kod pocztowy"
    ),
    "street": (
        "street|street address|streetaddress|address|address line 1|address 1|address1|straße|strasse|anschrift|rue|"
        "calle|dirección|direccion|via|indirizzo|straat|ulica"
    ),
    "city": "city|town|ort|stadt|wohnort|ville|ciudad|localidad|città|citta|cidade|plaats|woonplaats|miasto",
    "region": "state|region|province|county|state province|bundesland|kanton|région|provincia|estado|regione",
    "country": "country|country code|land|pays|país|pais|paese|kraj",
    "interest": (
        "interest|interests|interested in|product|product interest|product of interest|service|services|topic|"
        "interesse|produkt|produit|producto|prodotto|leistung|thema"
    ),
    "campaign": "campaign|campaign name|kampagne",
    "source": (
        "lead source|leadsource|source|how did you hear about us|how did you find us|how did you hear|heard about us|"
        "quelle|wie haben sie von uns erfahren"
    ),
    "message": (
        "message|comments|comment|description|enquiry|inquiry|question|questions|notes|note|details|body|text|request|"
        "how can we help|how can we help you|what can we do for you|anything else|your needs|project description|"
        "nachricht|anfrage|mitteilung|bemerkung|bemerkungen|kommentar|frage|mensaje|comentarios|consulta|messaggio|"
        "commentaire|commentaires|demande|mensagem|bericht|opmerking|opmerkingen|vraag|wiadomość|wiadomosc|"
        "сообщение|meddelande|viesti|besked"
    ),
    "name": (
        "name|full name|fullname|your name|contact name|contact|contact person|ansprechpartner|ihr name|"
        "vor und nachname|nom|nom complet|nombre completo|nombre y apellidos|nome completo|nome e cognome|naam|"
        "volledige naam|imię i nazwisko|имя|фио"
    ),
}  # fmt: skip
# Of the company; no fact of a lead's own.
SIZES = frozenset(
    {"company size", "employees", "number of employees", "no of employees", "employee count", "headcount", "team size"}
    | {"size of company", "company employees", "staff", "mitarbeiter", "mitarbeiterzahl", "anzahl mitarbeiter"}
    | {
        "unternehmensgröße",
        "firmengröße",
        "effectif",
        "nombre d employés",
        "nombre de salariés",
        "taille de l entreprise",
    }
    | {"empleados", "número de empleados", "tamaño de la empresa", "dipendenti", "numero di dipendenti", "medewerkers"}
    | {"aantal medewerkers", "liczba pracowników", "numemployees", "num employees", "company size range"}
)
KNOWN = {word: target for target, words in WORDS.items() for word in words.split("|")}
# Hidden fields that only robots fill in.
TRAPS = frozenset(
    {"honeypot", "honey pot", "gotcha", "hp", "bot field", "honey", "hidden captcha", "nospam", "url check", "fax only"}
)
BESIDE = frozenset(
    {"submit", "send", "csrfmiddlewaretoken", "csrf token", "authenticity token", "token", "action", "nonce", "charset"}
    | {"g recaptcha response", "h captcha response", "cf turnstile response", "google key", "handshakekey"}
    | {"handshake key", "is test"}
)  # fmt: skip
FILLING = re.compile(
    r"^(your|ihre?|votre|tu|su|enter|please|what is|what s|the|field|input|q\d+|\d+)\s+"
    r"|\s+(question|field|input|please|required)$"
)


def meaning(name: str) -> str:
    """The target of a field of this name; empty when its name says nothing."""
    words = plain(name)
    if words in TRAPS:
        return "trap"
    if found := KNOWN.get(words) or KNOWN.get(words.replace(" ", "")):
        return found
    bare = _bare(words)
    if found := KNOWN.get(bare) or KNOWN.get(bare.replace(" ", "")):
        return found
    return _within(bare)


def size_in(extra: Mapping[str, str]) -> str:
    """What the answers that are nothing else say of the size of the company."""
    for name, value in extra.items():
        if _bare(plain(name)) in SIZES and any(sign.isdigit() for sign in value):
            return " ".join(value.split())[:40]
    return ""


def is_beside(name: str) -> bool:
    """Is this a field of the machinery, such as its button, rather than an answer?"""
    return plain(name) in BESIDE


def plain(name: str) -> str:
    """The words of a name: yourEmail, your-email and Your e-mail* are alike."""
    last = name.rpartition(".")[2] or name
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", last)
    return " ".join(re.sub(r"[\W_]+", " ", apart).lower().split())


def _bare(words: str) -> str:
    while (shorter := FILLING.sub("", words)) != words:
        words = shorter
    return words


def _within(words: str) -> str:
    """The first meaning whose word stands in a short label, as in “What is your work email address?”."""
    padded = f" {words} "
    if len(words.split()) > 8:
        return ""
    for target, known in WORDS.items():
        if any(f" {word} " in padded for word in known.split("|") if len(word) > 3 and word not in VAGUE):
            return target
    return ""


# Words that mean something as a whole name only.
VAGUE = frozenset(
    {"name", "from", "role", "note", "text", "body", "land", "state", "contact", "title", "source", "topic", "business"}
    | {"question", "questions", "details", "product", "products", "service", "services", "request", "nombre", "nome"}
    | {"position", "description", "campaign", "address", "account", "handy", "portable"}
)

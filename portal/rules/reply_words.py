# ruff: noqa: RUF001 (words of many alphabets)
"""The words by which mail programs of many languages announce what they quote. Data for `reply_text`, nothing else."""

FROM, DATE, TO, SUBJECT, OTHER = "from", "date", "to", "subject", "other"

_LABELS = {
    FROM: "From Von De Da Od Fra Från Van Lähettäjä Kimden Gönderen Από От Від Feladó Expéditeur Remitente Mittente "
    "Absender Avsender Afsender 发件人 發件人 寄件者 寄件人 差出人 送信者 보낸사람 מאת",
    DATE: "Date Sent Datum Gesendet Envoyé Fecha Enviado Enviada Data Inviato Inviata Wysłano Verzonden Dato Sendt "
    "Skickat Lähetetty Päivämäärä Päiväys Дата Отправлено Надіслано Odesláno Elküldve Dátum Tarih Gönderilme Trimis "
    "Dată Ημερομηνία Στάλθηκε 日期 发送时间 發送時間 寄件日期 日時 送信日時 날짜 보낸날짜 תאריך",
    TO: "To An À A Para Aan Do Til Till Komu Kime Vastaanottaja Кому Címzett Către Προς 收件人 收件者 宛先 받는사람 אל",
    SUBJECT: "Subject Betreff Objet Asunto Assunto Oggetto Onderwerp Temat Emne Ämne Aihe Тема Předmět Předmet Tárgy "
    "Konu Subiect Θέμα 主题 主題 主旨 件名 제목 נושא",
    OTHER: "Cc Bcc Kopie Copie Kopia Kopi Kopio Kopio DW Copia Копия Importance Attachments Anlagen Organization "
    "Organisation 抄送 副本 참조",
}
_LONGER_LABELS = {
    FROM: ("de la", "보낸 사람"),
    DATE: ("envoyé le", "enviado el", "enviado em", "enviada em", "data invio", "data wysłania", "보낸 날짜"),
    TO: ("받는 사람",),
    OTHER: ("reply-to", "répondre à", "antwort an"),
}

HEADER_LABELS: dict[str, str] = {word.lower(): part for part, words in _LABELS.items() for word in words.split()} | {
    words: part for part, labels in _LONGER_LABELS.items() for words in labels
}

# Kept short and whole: each stands in an attribution line between a date or name and the colon.
WROTE = (
    "wrote|writes|sent|schrieb|geschrieben|schreibt|a écrit|à écrit|ecrit|écrivait|escribió|escribio|ha escrit|"
    "va escriure|"
    "escreveu|ha scritto|scrisse|scrive|schreef|geschreven|skrev|kirjoitti|napisał|napisała|napisał\\(a\\)|napisal|"
    "napísal|napsal|nadesłał|написал|написала|написали|пишет|написав|написала|пише|írta|irta|yazdı|yazmış|a scris|"
    "έγραψε|написа|je napisao|napisao|piše|je napisal|rakstīja|parašė|rašė|kirjutas|đã viết|menulis|skrifaði|"
    "כתב|כתבה|كتب|от"
)
WROTE_UNSPACED = "写道|寫道|님이 작성|のメール"  # in scripts that put no space between words

# What a quoting line begins with, before the date.
ON = (
    "on|at|le|am|el|il|il giorno|op|den|em|dne|dnia|w dniu|dana|na|la|pe|ma|ti|ke|to|la|su|mån|tis|ons|tor|fre|"
    "lör|sön|"
    "man|tir|lør|søn|vào|pada|στις|в|у|в|dia|a|no dia|data|datum|date"
)

MONTHS = (
    "jan|feb|mar|mär|mrt|apr|avr|mai|may|maj|maio|mei|jun|jui|jul|giu|lug|aug|aoû|ago|aut|sep|set|szept|okt|oct|"
    "out|ott|"
    "nov|dec|dez|dic|déc|gen|gru|lis|paź|wrz|sie|lip|cze|kwi|sty|lut|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|"
    "ноя|дек|"
    "tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu|led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|"
    "oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara|ene|abr"
)

ORIGINAL = (
    "original|urspr|origine|oryginaln|oprindelig|opprinnelig|oorspronkelijk|alkuperäi|исходн|původn|eredeti|orijinal|"
    "原始|元の|원본|reply message|antwort|quoted"
)
FORWARDED = (
    "forward|weitergeleit|transféré|transfere|reenviad|encaminhad|inoltrat|doorgestuurd|vidarebefordr|videresend|"
    "пересыл|пересла|przekaz|přeposl|továbbít|iletilen|转发|轉寄|転送|전달"
)

# A line a program adds below the text. Each is tried on a whole short line.
MOBILE_SIGNATURES = (
    r"sent (?:from|via|using|with) (?:[\w'’®™+.()-]+ ?){1,8}",
    r"get outlook for .{2,20}",
    r"(?:télécharger|téléchargez) outlook pour .{2,20}",
    r"(?:outlook für .{2,20} beziehen|holen sie sich outlook für .{2,20})",
    r"(?:obtener|obter|ottieni|scarica|download|hämta|hent) outlook (?:para|per|voor|för|til) .{2,20}",
    r"(?:envoyé|envoyée) (?:de|du|depuis|à partir de|avec|via) (?:[\w'’®+.-]+ ?){1,7}",
    r"(?:von|vom) (?:[\w'’®+.-]+ ){1,5}(?:gesendet|gesandt|verschickt)",
    r"gesendet (?:von|vom|mit|über) (?:[\w'’®+.-]+ ?){1,7}",
    r"(?:diese nachricht wurde )?von meinem .{2,30} gesendet",
    r"enviad[oa] (?:desde|do|da|de|a partir do|con|com|pelo) (?:[\w'’®+.-]+ ?){1,7}",
    r"inviat[oa] (?:da|dal|dall'|con|tramite) (?:[\w'’®+.-]+ ?){1,7}",
    r"verzonden (?:vanaf|vanuit|met|via) (?:[\w'’®+.-]+ ?){1,7}",
    r"(?:skickat|skickades) (?:från|via|med) (?:[\w'’®+.-]+ ?){1,7}",
    r"sendt (?:fra|via|med) (?:[\w'’®+.-]+ ?){1,7}",
    r"lähetetty (?:[\w'’®+.-]+ ?){1,6}",
    r"wysłane?o? (?:z|ze) (?:[\w'’®+.-]+ ?){1,7}",
    r"odesláno (?:z|ze) (?:[\w'’®+.-]+ ?){1,7}",
    r"(?:отправлено|надіслано) (?:с|со|из|з|із) (?:[\w'’®+.-]+ ?){1,7}",
    r"(?:[\w'’®+.-]+ ?){1,3}(?:'|’)?(?:dan|den|umdan) gönderildi",
    r"(?:iphone|ipad|android) ?から送信",
    r"(?:发自我的|發自我的|從我的).{2,30}",
    r"나의 .{2,20}에서 보냄",
)

"""Words by which mail programs and writers mark history and signatures, in the languages that they do it in.

Collected from the localised forms of Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, QQ Mail, NetEase and phones.
"""

from __future__ import annotations

import re
from typing import Final


def _either(*words: str) -> str:
    """An alternation, longest word first, in which a space stands for any white space."""
    ordered = sorted({one for line in words for one in line.split("|")}, key=lambda one: (-len(one), one))
    return "|".join(re.escape(one).replace(r"\ ", r"[\s\xa0]{1,3}") for one in ordered)


# "wrote", where it ends the line before the colon ("On Monday Ann wrote:") and where a name or date may follow it.
WROTE_LAST: Final = _either(
    "wrote|sent|writes|wrote the following|a écrit|a ecrit|écrit|escribió|escribio|ha escrito|ha scritto|escreveu",
    "geschreven|geschreven het volgende|schreef het volgende|het volgende geschreven|schreef|schrieb|schrieb folgendes",
    "skrev|skrev følgende|skrev följande|kirjoitti|napisał|napisała|napisał(a)|pisze|napsal|napsal(a)|napsala|napísal",
    "napísal(a)|ezt írta|a következőt írta|írta|írta a következőt|написал|написала|написал(а)|пишет|пише|написав|yazdı",
    "şunu yazdı|şunları yazdı|a scris|έγραψε|đã viết|menulis|เขียนว่า|כתב|כתבה|كتب|je napisao|je napisala|napisao",
    "写道|寫道|写到|寫到|写了|寫了|來信|さんは書きました|のメール|님이 작성|님이 작성하였습니다|님이 작성함|"
    "작성|escribe|scrive",
)
WROTE_INSIDE: Final = _either(
    "schrieb|schreef|skrev|kirjoitti|napisał|napisał(a)|napsal|napsal(a)|ezt írta|a écrit|escribió|ha scritto|heeft",
    "a scris|написал|пишет|yazdı|nadesłał|escreveu|写道|寫道|wrote on",
)
# How the line begins, where it does not begin with a date or a name.
LEADS: Final = _either(
    "On|Am|Le|El|Il|Il giorno|Em|No dia|Op|Den|På|Pe|La|W dniu|Dnia|Dne|Dňa|Em|Vào|Vào lúc|Pada|Στις|On the|Po|V|Den|"
    "Dana",
    "Man|Tir|Ons|Tor|Fre|Lør|Søn|Mån|Tis|Lör|Sön|ma|ti|ke|to|pe|la|su|在|于|於",
)

_KEYS: Final = {
    "from": "From|Von|De|De la|Da|Van|Fra|Från|Lähettäjä|Od|От|От кого|Feladó|Kimden|Gönderen|Từ|Dari|差出人|"
    "送信者|送信元|"
    "보낸 사람|보낸사람|发件人|寄件人|发信人|寄件者|發件人|發信人|Expéditeur|Remitente|Mittente|Absender",
    "sent": "Sent|Gesendet|Envoyé|Envoyé le|Enviado|Enviado el|Enviado em|Enviada|Enviada em|Inviato|Verzonden|Sendt|"
    "Skickat|"
    "Lähetetty|Wysłano|Odesláno|Odoslané|Отправлено|Küldve|Gönderme Tarihi|Gönderildi|Trimis|Đã gửi|Dikirim|"
    "送信日時|보낸 날짜|"
    "发送时间|发送日期|傳送時間|傳送日期|寄件日期|寄件時間|發送時間|發送日期",
    "date": "Date|Datum|Fecha|Data|Dato|Päivämäärä|Päiväys|Дата|Dátum|Tarih|Ngày|Tanggal|日付|日時|날짜|日期|时间|時間",
    "to": "To|An|À|A|Pour|Para|Aan|Til|Till|Vastaanottaja|Do|Komu|Кому|Címzett|Kime|Către|Đến|Tới|Kepada|宛先|"
    "받는 사람|"
    "받는사람|收件人|收件者|收信人|Destinataire|Destinatario|Empfänger",
    "cc": "Cc|Bcc|Kopie|Kopi|Kopia|Kopio|DW|Копия|Másolat|Bilgi|Copie à|Copia|참조|抄送|副本|抄送人|密送|"
    "Reply-To|Répondre à|"
    "Antwort an|Organization|Organisation|Importance|Priority|Attachments|Attachment|Bijlage|Bijlagen|Anlagen|"
    "附件|重要性",
    "subject": "Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Ogg|Onderwerp|Emne|Ämne|Aihe|Temat|Předmět|"
    "Predmet|Тема|"
    "Tárgy|Konu|Subiect|Chủ đề|Subjek|Θέμα|件名|제목|主题|主題|主旨|标题|標題",
}
KEY_KINDS: Final = {word.lower(): kind for kind, words in _KEYS.items() for word in words.split("|")}
_KEY_WORDS: Final = _either(*_KEYS.values())
KEY_LINE: Final = re.compile(
    rf"[\s|]{{0,8}}[*_]{{0,2}}(?P<key>{_KEY_WORDS})\s{{0,10}}[*_]{{0,2}}\s?(?:[:：]|\|)[*_]{{0,2}}(?P<value>.*)",
    re.IGNORECASE,
)
KEY_INSIDE: Final = re.compile(rf"(?:^|(?<=\s))(?P<key>{_KEY_WORDS})\s?[:：]\s", re.IGNORECASE)

_NOUNS: Final = (
    "message|mail|e-mail|email|messages|nachricht|mensaje|mensagem|messaggio|bericht|meddelelse|meddelande|melding|"
    "viesti|wiadomość|"
    "wiadomości|zpráva|správa|сообщение|письмо|üzenet|ileti|mesaj|mesajul|thư|pesan|邮件|郵件|信件|原文|"
    "メッセージ|メール|메시지|메일"
)
_FRAMED: Final = (
    "original|reply|forwarded|replied|ursprüngliche|weitergeleitete|antwort|origine|origina|transféré|transmis|"
    "reenviado|"
    "inoltrato|inoltrata|originale|oprindelig|videresendt|opprinnelig|vidarebefordrat|ursprungligt|alkuperäinen|"
    "välitetty|origineel|"
    "oorspronkelijk|doorgestuurd|oryginalna|przekazana|původní|eredeti|továbbított|исходное|пересланное|пересылаемое|"
    "özgün|orijinal|"
    "iletilen|gốc|chuyển tiếp|原始|原|转发|轉寄|轉發|回复|回覆|元の|転送|원본|전달|quoted|previous"
)
# "-----Original Message-----" and "Begin forwarded message:" as each language has them.
FRAME: Final = re.compile(
    rf"\s*[-_=*—–─]{{2,80}}[\s>]{{0,4}}(?=[^-]{{0,60}}(?:{_NOUNS}))(?=[^-]{{0,60}}(?:{_FRAMED}))[^-_=*—]{{2,60}}[-_=*—–─]{{2,80}}\s*",
    re.IGNORECASE,
)
FORWARD: Final = re.compile(
    r"\s*(?:(?:Begin )?forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|"
    r"Début du message (?:réexpédié|transféré)"
    r"|Inizio messaggio inoltrato|Inicio del mensaje reenviado|Início da mensagem reencaminhada|"
    r"Begin doorgestuurd bericht"
    r"|Start på videresendt (?:meddelelse|melding)|Vidarebefordrat brev|Original Message processed by .{1,40}"
    r"|Początek przekazywanej wiadomości|Начало переадресованного сообщения|转发的邮件|以下是转发的邮件|"
    r"以下為轉寄的郵件"
    r"|開始轉寄的郵件|开始转发的邮件|転送されたメッセージ|전달된 메시지)\s{0,2}[:：]?\s*",
    re.IGNORECASE,
)
# The letters that such a line begins with (three of them are equal to one of ASCII where case does not count), and the
# words, where it is of ASCII alone.
FORWARD_LETTERS: Final = frozenset("bBfFaAdDiIsSvVoOpPнН转以開开転전ſıİ")
FORWARD_STARTS: Final = ("begin", "forwarded", "anfang", "inizio", "inicio", "vidarebefordrat", "original")

# The line above which help desks want the answer; what they sent stands below it.
REPLY_ABOVE: Final = re.compile(
    r"\s*(?:##-\s.{4,120}\s-##|[-=_*#~]{2,60}\s?(?:please )?(?:type your |write your |enter your )?"
    r"(?:reply|respond|write) (?:above|over) this line.{0,60})\s*",
    re.IGNORECASE,
)
# A line that a phone or a mail program adds below the text.
MOBILE: Final = re.compile(
    r"[\s\W_]{0,6}(?:"
    r"(?:sent|composed|written|dictated|posted) (?:wirelessly |securely )?(?:from|via|with|using|by) (?!my (?:desk|"
    r"house|home|heart|seat)\b)"
    r"[^,;]{1,60}"
    r"|get outlook for (?:ios|android|mac|mobile).{0,60}"
    r"|(?:via|by|from) (?:my )?(?:mobile|iphone|ipad|android|blackberry)"
    r"|(?:download|get) (?:the )?(?:gmail|yahoo mail|outlook) (?:app|for).{0,60}"
    r"|yahoo mail: search, organi[sz]e, conquer.{0,40}"
    r"|(?:von|gesendet von|gesendet mit|von meinem) (?:meinem |der |dem )?(?:\w+ )?(?:iphone|ipad|android|outlook|"
    r"samsung|handy|smartphone|mobil|telekom|gmx|web\.de|yahoo|mail).{0,50}"
    r"|outlook für (?:ios|android).{0,40}"
    r"|envoy[ée]e? (?:sans fil )?(?:depuis|de|par|à partir) (?:mon |ma |l')?(?:terminal|iphone|ipad|android|mobile|"
    r"appareil|outlook|yahoo|samsung|telephone|téléphone|smartphone|blackberry|mail).{0,60}"
    r"|télécharge[rz] outlook pour.{0,40}"
    r"|enviad[oa] (?:desde|do|de|a partir) (?:mi|meu|el|o|mes?)?\s?(?:iphone|ipad|android|móvil|movil|celular|"
    r"outlook|yahoo|samsung|dispositivo|telemóvel|oficina|correo|mail).{0,60}"
    r"|obten(?:er|ha) (?:o )?outlook para.{0,40}"
    r"|inviato (?:da|dal|dall['’]) ?(?:il |mio |la )?(?:iphone|ipad|android|outlook|yahoo|samsung|dispositivo|"
    r"cellulare|mio|tablet|smartphone|libero).{0,50}"
    r"|(?:scarica|ottieni) outlook per.{0,40}"
    r"|(?:verzonden|verstuurd) (?:vanaf|vanuit|met|via) (?:mijn )?\S.{0,40}"
    r"|outlook voor (?:ios|android) (?:downloaden|ophalen).{0,40}"
    r"|sendt fra (?:min |mi )?\S.{0,40}|hent outlook (?:til|for).{0,40}|skickat från (?:min )?\S.{0,40}|"
    r"skaffa outlook för.{0,40}"
    r"|lähetetty (?:\S{1,20}|laitteesta \S.{0,30})|hanki outlook.{0,60}"
    r"|wysłan[eo] z (?:mojego )?\S.{0,40}|pobierz outlook.{0,40}|odesláno z \S.{0,40}|odoslané z \S.{0,40}|"
    r"stáhnout outlook.{0,40}"
    r"|отправлено с \S.{0,40}|отправлено из \S.{0,40}|iphone['’]?u?mdan gönderildi.{0,20}|.{0,20}(?:telefonumdan|"
    r"cihazımdan) gönderildi"
    r"|trimis de pe \S.{0,40}|.{0,20}(?:iphone|ipad|android)\S{0,6} küldve.{0,20}|elküldve .{0,40}"
    r"|đã gửi từ \S.{0,40}|được gửi từ \S.{0,40}|dikirim dari \S.{0,40}"
    r"|(?:此邮件)?(?:发自|發自|发送自|發送自|传送自|傳送自|寄自|来自|來自)(?:我的|於我的)?\s?\S.{0,30}|(?:从|從)我的\s?.{1,30}(?:发送|傳送|"
    r"發送|寄出)"
    r"|(?:从|從)\s?(?:windows|outlook|iphone|ipad|android|yahoo|gmail|qq).{0,40}(?:发送|傳送|發送|寄出)"
    r"|(?:下载|获取|取得|下載) ?outlook.{0,40}|.{0,30}从网易邮箱.{0,20}发来的.{0,20}|使用.{1,12}邮箱发送"
    r"|(?:iphone|ipad|android|スマートフォン|スマホ).{0,10}から(?:送信|送られた).{0,10}|私の.{1,20}から送信"
    r"|(?:나의|내) .{1,30}에서 보냄|.{0,20}(?:iphone|아이폰)에서 보냄"
    r")[\s.!。！)\]>]{0,4}",
    re.IGNORECASE,
)
# What such a line of ASCII alone begins with. Few lines do, and the pattern takes its time over all others.
MOBILE_STARTS: Final = (
    *("sent", "composed", "written", "dictated", "posted", "get", "via", "by", "from", "mobile", "iphone", "ipad"),
    *("android", "blackberry", "download", "yahoo", "von", "gesendet", "outlook", "envoy", "enviad", "obten"),
    *("inviato", "scarica", "ottieni", "verzonden", "verstuurd", "sendt", "hent", "skickat", "skaffa", "hanki"),
    *("pobierz", "trimis", "dikirim"),
)

# Closings after which only a name and an address come. A single one on its line ends the text.
CLOSING: Final = re.compile(
    "(?:"
    + _either(
        "best regards|kind regards|warm regards|warmest regards|with regards|with best regards|with kind regards|"
        "regards",
        "best wishes|with best wishes|warm wishes|all the best|best|sincerely|yours sincerely|sincerely yours|"
        "yours truly",
        "yours faithfully|yours|respectfully|respectfully yours|cordially|very truly yours|cheers|rgds|br|kr|take care",
        "mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|freundliche grüße|freundliche grüsse|"
        "viele grüße",
        "viele grüsse|liebe grüße|liebe grüsse|beste grüße|schöne grüße|gruß|gruss|grüße|grüsse|herzliche grüße|"
        "hochachtungsvoll|mfg|lg|vg",
        "cordialement|bien cordialement|bien à vous|salutations|sincères salutations|meilleures salutations|"
        "bonne journée",
        "bonne réception|respectueusement|cdlt|amicalement|saludos|un saludo|saludos cordiales|cordiales saludos|"
        "atentamente",
        "un cordial saludo|cordialmente|atenciosamente|cumprimentos|melhores cumprimentos|"
        "com os melhores cumprimentos|abraços",
        "cordiali saluti|distinti saluti|saluti|un saluto|un cordiale saluto|met vriendelijke groet|"
        "met vriendelijke groeten",
        "vriendelijke groet|vriendelijke groeten|hartelijke groeten|hartelijke groet|groeten|groet|mvg|"
        "med venlig hilsen",
        "venlig hilsen|med vennlig hilsen|vennlig hilsen|hilsen|bedste hilsner|de bedste hilsner|mvh|dbh|kh|vh|knus",
        "med vänliga hälsningar|med vänlig hälsning|vänliga hälsningar|vänlig hälsning|hälsningar|bästa hälsningar|"
        "hälsar",
        "ystävällisin terveisin|parhain terveisin|terveisin|terv|terveiset|pozdrawiam|z poważaniem|z powazaniem|"
        "pozdrawiam serdecznie|łączę pozdrowienia",
        "s pozdravem|s úctou|s přáním hezkého dne|s pozdravom|üdvözlettel|udvozlettel|üdv|udv|tisztelettel|"
        "köszönettel|koszonettel",
        "с уважением|с наилучшими пожеланиями|saygılarımla|saygılarımızla|selamlar|iyi çalışmalar|cu stimă|"
        "cu respect|με εκτίμηση",
        "trân trọng|thân ái|hormat saya|salam|敬具|草々|よろしくお願いいたします|드림|올림",
        "此致|敬礼|敬禮|此致敬礼|此致敬禮|此致 敬礼|此致 敬禮|敬祝 商祺|敬祝商祺|敬祝 平安|敬祝平安|敬祝 安康|"
        "祝好|祝商祺|顺祝商祺|順祝商祺|順頌商祺|顺颂商祺|敬上|謹上|谨上|敬启|"
        "敬啟|此颂商祺|即颂近安|祝您工作愉快",
        "祝您生活愉快|祝你工作愉快|祝工作顺利|祝工作順利|祝工作愉快|祝您愉快|祝順心|祝顺心|祝安|順祝|顺祝|"
        "顺颂时祺|順頌時祺|祝您一切顺利|祝一切順利|祝身体健康|敬祝安康|順頌時綏",
    )
    + r")",
    re.IGNORECASE,
)
# Thanks are a closing only above a name; alone they belong to the text.
THANKS: Final = re.compile(
    "(?:"
    + _either(
        "thanks|thank you|thanks in advance|thank you in advance|many thanks|thanks again|thanks so much|"
        "thanks a lot|thx",
        "thank you very much|thank you so much|thanks very much|thanks a million|with thanks|thank you again|"
        "much appreciated|ta",
        "thanking you|looking forward to your reply|danke|vielen dank|danke im voraus|besten dank|merci|"
        "merci d'avance|merci beaucoup|gracias|muchas gracias",
        "obrigado|obrigada|grazie|grazie mille|bedankt|alvast bedankt|dank u|dank je|tak|på forhånd tak|takk|tack|"
        "tack på förhand|kiitos|kiitos etukäteen|dziękuję|z góry dziękuję",
        "děkuji|děkujeme|köszönöm|спасибо|teşekkürler|mulțumesc|cảm ơn|terima kasih|감사합니다|고맙습니다|安否",
        "谢谢|謝謝|多谢|多謝|感谢|感謝|谢谢您|謝謝您|谢谢你|非常感谢|非常感謝|万分感谢|盼复|盼覆|望回复|"
        "期待您的回复|期待您的回覆|ありがとうございます",
    )
    + r")",
    re.IGNORECASE,
)
POSTSCRIPT: Final = re.compile(r"\s*(?:P\.?\s?S\b|N\.?B\b|又及|附注|附註|另[:：,，])", re.IGNORECASE)

# What each of the following begins with. Few lines do, and the pattern takes its time over all others.
DISCLAIMER_STARTS: Final = re.compile(
    r"\W{0,6}(?:legal|disc|conf|priv|important|this|the\b|if\b|please|think|virus|diese|ce\b|este|you\b|to\b|[免保本此]|\Z)",
    re.IGNORECASE,
)
DISCLAIMER: Final = re.compile(
    r"\W{0,6}(?:"
    r"(?:legal )?disclaimer\b|confidentiality\b|confidential(?:ity)? (?:notice|note|information)|(?:privileged|"
    r"important|legal|private) (?:and \w+ )?(?:notice|note|information)\b"
    r"|(?:this|the information (?:contained |transmitted )?in this|the contents? of this|"
    r"the information in this) (?:e-?mail|message|communication|transmission)"
    r"(?: message)?(?: \(including[^)]{1,60}\))?,?.{0,80}(?:confidential|intended|attachment|privileged|addressed|"
    r"property|scanned|virus)"
    r"|this (?:e-?mail|message) (?:and|together with|may|is|was|has|contains?|w/)[^\n]{0,60}(?:confidential|intended|"
    r"attachment|privileged|legal|virus|scanned)"
    r"|if you (?:are not|have received this|received this).{0,60}(?:recipient|error)"
    r"|please (?:consider|think (?:of|about)|save) the (?:environment|planet|trees?).{0,80}|"
    r"think before you print.{0,40}|virus-free\.|this email has been (?:scanned|checked).{0,80}"
    r"|diese (?:e-?mail|nachricht) (?:enthält|ist|kann).{0,80}vertraulich|ce (?:message|courriel|"
    r"mail).{0,60}confidentiel|este (?:mensaje|correo).{0,80}confidencial"
    r"|免责声明|免責聲明|保密声明|保密聲明|保密提示|本(?:电子)?邮件(?:及其附件|及任何附件|含有|内容|所含|"
    r"中).{0,60}|本(?:電子)?郵件(?:及其附件|及任何附件|含有|內容|所含|中|"
    r"包含).{0,60}"
    r"|此(?:电子)?邮件(?:及其附件|含有|可能).{0,60}|此(?:電子)?郵件(?:及其附件|含有|可能).{0,60}|"
    r"本訊息.{0,40}機密.{0,40}|"
    r"this communication .{0,60}confidential"
    r"|you received this (?:message|email) because you are subscribed|to unsubscribe from this (?:group|list)"
    r")",
    re.IGNORECASE,
)
BANNER: Final = re.compile(
    r"\W{0,6}(?:caution|warning|external|external e-?mail|external sender|attention|notice|外部邮件|外部郵件|"
    r"注意|警告)\W{0,4}"
    r".{0,60}(?:originated (?:from )?outside|outside (?:of )?(?:the|your|our|this)|external (?:e-?mail|sender|"
    r"source)|来自外部|來自外部|外部发件人|外部寄件)",
    re.IGNORECASE,
)

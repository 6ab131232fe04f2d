"""What people say and what a contract, a handbook or a notice says for the same, in other languages than English."""

from collections.abc import Mapping
from functools import cache

from chat_app.search.library.inflection import plain, root

# A line: words for the same. Before a colon: what is asked, behind it what answers, but not the other way round.
_GROUPS = {
    "de": """
miete mietzins
vermieter eigentümer
kaution mietsicherheit
wohnung wohnraum mietobjekt
nebenkosten betriebskosten
hund katze haustier: haustier tier
auto pkw fahrzeug wagen
fahrrad rad
arzt doktor
attest krankschreibung arbeitsunfähigkeitsbescheinigung
krank erkrankung arbeitsunfähig
krankmelden: krankmeldung krank
urlaub erholungsurlaub ferien
gehalt lohn entgelt vergütung
arbeiten: arbeitszeit
chef vorgesetzter führungskraft teamleitung
firma unternehmen betrieb arbeitgeber
mitarbeiter beschäftigte arbeitnehmer
homeoffice telearbeit heimarbeit
handy mobiltelefon smartphone
kaputt defekt beschädigt
reparieren reparatur instandsetzen
putzen reinigen säubern
müll abfall
wegwerfen entsorgen
kaufen erwerben
bezahlen zahlen zahlung
zurückgeben rückgabe umtausch umtauschen
geld betrag
geöffnet offen öffnungszeiten
aufmachen öffnen öffnungszeiten
zumachen schließen öffnungszeiten
geschlossen ruhetag schließtag
laden geschäft
essen: mahlzeit speise
fernseher fernsehgerät
rechner computer
passwort kennwort
telefonnummer rufnummer telefon
anrufen telefonieren telefonisch
umziehen umzug
ausziehen auszug
kündigen kündigung
anmelden anmeldung
abmelden abmeldung
ausschalten abschalten
einschalten anschalten
einfrieren tiefkühlen
kühlschrank gekühlt
kind kinder
""",
    "fr": """
loyer: loyer mensualité
caution dépôt garantie
propriétaire bailleur
locataire preneur
appartement logement
chien chat: animal animaux
voiture véhicule automobile
vélo bicyclette
médecin docteur
malade maladie
congés vacances
salaire paie rémunération
patron responsable employeur
employé salarié
télétravail distance
cassé défectueux panne
réparer réparation
nettoyer nettoyage
poubelle ordures déchets
jeter déchets
acheter achat
ordinateur pc
portable mobile
ouvre ouvert ouverture horaires servi
ferme fermé fermeture horaires
magasin boutique
manger repas
résilier résiliation congé
partir départ
préavis congé
""",
    "es": """
alquiler renta arriendo
fianza depósito
casero propietario arrendador dueño
inquilino arrendatario
piso vivienda apartamento
perro gato: mascota animal
coche automóvil vehículo
bicicleta bici
médico doctor
enfermo enfermedad baja
sueldo salario nómina
jefe responsable superior
empleado trabajador
teletrabajo remoto
roto averiado avería
arreglar reparar reparación
limpiar limpieza
basura residuos
tirar echar desechar
comprar compra
ordenador computadora
móvil celular
abre abierto apertura horario
cierra cerrado cierre horario
tienda comercio
comida almuerzo
marcharse irse abandonar
contraseña clave
""",
    "ja": """
家賃 賃料
敷金 保証金
大家 貸主
借主 賃借人
ボーナス 賞与
給料 給与 賃金
有給 有給休暇 年休
病気 体調不良
在宅勤務 テレワーク リモートワーク
通勤手当 交通費
猫 犬 ペット: 動物 ペット
掃除 清掃 洗う 洗い 洗います お手入れ
ごみ ゴミ
燃えるごみ 可燃ごみ
捨て 出し 廃棄 処分 回収
自転車 バイク: 自転車 バイク
定休日 休業日
営業時間 開店 閉店
開い 営業時間
カード: クレジットカード
会社 当社
上司 責任者
退職 辞職
引っ越し 退去 転居
解約 解除
故障 不具合
修理 修繕
パスワード 暗証番号
支払 決済
材料 原料
作り方 調理法
""",
    "zh": """
房租 租金
房东 甲方 出租人
租客 乙方 承租人
押金 保证金
养狗 养猫 猫狗 宠物
工资 薪资 薪水 薪酬
年假 带薪年假
放假 休假
上班 工作时间
下班 工作时间
病假 生病
证明 证书
关门 营业时间 打烊
开门 营业时间
送货 配送
退货 退款
退租 搬走
报销 费用报销
超市 商店
修理 维修
密码 口令
手机 移动电话
辞职 离职
电脑 计算机
""",
    "th": """
แมว หมา สุนัข: สัตว์ สัตว์เลี้ยง
ค่าเช่า ค่าห้อง
เงินประกัน เงินมัดจำ
เงินเดือน ค่าจ้าง
ลาพักร้อน วันลา
เปิด เวลาทำการ
ปิด หยุด
จอดรถ ที่จอดรถ
หมอ แพทย์
""",
}


def same(word: str, language: str) -> tuple[str, ...]:
    """Other words for it, as a dictionary has them."""
    return _by_root(language).get(root(word, language), ())


def same_in(text: str) -> Mapping[str, tuple[str, ...]]:
    """For text of a script without spaces: each of its words that is known here, with the others."""
    found = {word: others for language in ("ja", "zh", "th") for word, others in _asked(language).items()}
    return {word: others for word, others in found.items() if word in text}


@cache
def _by_root(language: str) -> Mapping[str, tuple[str, ...]]:
    return {root(word, language): tuple(map(plain, others)) for word, others in _asked(language).items()}


@cache
def _asked(language: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _GROUPS.get(language, "").strip().splitlines():
        asked, _, answered = line.partition(":")
        words = asked.split()
        for word in words:
            others = answered.split() or [other for other in words if other != word]
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), *others)))
    return found

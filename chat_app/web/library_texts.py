"""The sentences of the library page in each language that it speaks. The reasons why a file failed are the readers' own, in English."""

from typing import NamedTuple

FORMATS = "Markdown, TXT, reStructuredText, HTML, PDF, Word (DOCX), PowerPoint (PPTX), EPUB, CSV, TSV"


class Counted(NamedTuple):
    """A phrase for one and for any other number."""

    one: str
    other: str

    def of(self, number: int) -> str:
        return (self.one if number == 1 else self.other).format(f"{number:,}")


class Texts(NamedTuple):
    lang: str
    title: str
    back: str
    intro: str
    folder: str
    formats: str
    reindex: str
    reindex_hint: str
    progress: str
    """{done} and {total}: of the files that the running pass reads."""
    looking: str
    wanted: str
    up_to_date: str
    passages: Counted
    files: Counted
    all: str
    indexed: str
    pending: str
    failed: str
    skipped: str
    filter_label: str
    filter: str
    states_label: str
    list_label: str
    file: str
    state: str
    details: str
    no_match: str
    show_all: str
    empty_title: str
    empty: str
    """{folder}: where files are to be put."""
    starter: str
    page: str
    """{page} and {pages}."""
    previous: str
    next: str
    offline: str


ENGLISH = Texts(
    lang="en",
    title="Library",
    back="Back to the chat",
    intro="These files are searched when you ask a question. Everybody who uses this installation searches the same ones.",
    folder="Folder",
    formats="Formats",
    reindex="Re-index",
    reindex_hint="New, changed and deleted files are noticed by themselves. Re-index reads all of them again.",
    progress="Reading: {done} of {total} files",
    looking="Looking through the folder",
    wanted="All files will be read again in a moment",
    up_to_date="Up to date",
    passages=Counted("{} passage", "{} passages"),
    files=Counted("{} file", "{} files"),
    all="All",
    indexed="Indexed",
    pending="Waiting",
    failed="Failed",
    skipped="Skipped",
    filter_label="Filter by name",
    filter="Filter",
    states_label="Show files by state",
    list_label="Files of the library",
    file="File",
    state="State",
    details="Details",
    no_match="No file matches.",
    show_all="Show all files",
    empty_title="No documents here yet",
    empty="Put files, or whole folders of them, into {folder} on the machine where the server runs. They are found within a few seconds.",
    starter="Until then, the documents of this program are searched. They are listed here.",
    page="Page {page} of {pages}",
    previous="Previous page",
    next="Next page",
    offline="The server cannot be reached. Trying again.",
)

GERMAN = Texts(
    lang="de",
    title="Bibliothek",
    back="Zurück zum Chat",
    intro="Diese Dateien werden durchsucht, wenn Sie eine Frage stellen. Alle, die diese Installation nutzen, durchsuchen dieselben.",
    folder="Ordner",
    formats="Formate",
    reindex="Neu einlesen",
    reindex_hint="Neue, geänderte und gelöschte Dateien werden von selbst bemerkt. „Neu einlesen“ liest alle noch einmal.",
    progress="Wird gelesen: {done} von {total} Dateien",
    looking="Der Ordner wird durchgesehen",
    wanted="Gleich werden alle Dateien noch einmal gelesen",
    up_to_date="Auf dem neuesten Stand",
    passages=Counted("{} Textstelle", "{} Textstellen"),
    files=Counted("{} Datei", "{} Dateien"),
    all="Alle",
    indexed="Eingelesen",
    pending="Wartet",
    failed="Fehlgeschlagen",
    skipped="Übergangen",
    filter_label="Nach Namen filtern",
    filter="Filtern",
    states_label="Dateien nach Zustand zeigen",
    list_label="Dateien der Bibliothek",
    file="Datei",
    state="Zustand",
    details="Einzelheiten",
    no_match="Keine Datei passt.",
    show_all="Alle Dateien zeigen",
    empty_title="Noch keine Dokumente",
    empty="Legen Sie Dateien oder ganze Ordner in {folder} auf dem Rechner ab, auf dem der Server läuft. "
    "Sie werden nach wenigen Sekunden gefunden.",
    starter="Bis dahin werden die Dokumente dieses Programms durchsucht. Sie stehen hier.",
    page="Seite {page} von {pages}",
    previous="Vorige Seite",
    next="Nächste Seite",
    offline="Der Server ist nicht erreichbar. Es wird weiter versucht.",
)

SPANISH = Texts(
    lang="es",
    title="Biblioteca",
    back="Volver al chat",
    intro="En estos archivos se busca cuando haces una pregunta. Todas las personas que usan esta instalación buscan en los mismos.",
    folder="Carpeta",
    formats="Formatos",
    reindex="Volver a indexar",
    reindex_hint="Los archivos nuevos, modificados y borrados se detectan solos. «Volver a indexar» lee todos de nuevo.",
    progress="Leyendo: {done} de {total} archivos",
    looking="Revisando la carpeta",
    wanted="Todos los archivos se leerán de nuevo en un momento",
    up_to_date="Al día",
    passages=Counted("{} pasaje", "{} pasajes"),
    files=Counted("{} archivo", "{} archivos"),
    all="Todos",
    indexed="Indexado",
    pending="En espera",
    failed="Con error",
    skipped="Omitido",
    filter_label="Filtrar por nombre",
    filter="Filtrar",
    states_label="Mostrar archivos por estado",
    list_label="Archivos de la biblioteca",
    file="Archivo",
    state="Estado",
    details="Detalles",
    no_match="Ningún archivo coincide.",
    show_all="Mostrar todos los archivos",
    empty_title="Todavía no hay documentos",
    empty="Pon archivos, o carpetas enteras, en {folder} en el equipo donde funciona el servidor. Se encuentran en pocos segundos.",
    starter="Hasta entonces se busca en los documentos de este programa. Son los de esta lista.",
    page="Página {page} de {pages}",
    previous="Página anterior",
    next="Página siguiente",
    offline="No se puede conectar con el servidor. Se intenta de nuevo.",
)

FRENCH = Texts(
    lang="fr",
    title="Bibliothèque",
    back="Retour à la discussion",
    intro="La recherche porte sur ces fichiers quand vous posez une question. "
    "Ils sont communs à toutes les personnes de cette installation.",
    folder="Dossier",
    formats="Formats",
    reindex="Réindexer",
    reindex_hint="Les fichiers nouveaux, modifiés et supprimés sont repérés d’eux-mêmes. « Réindexer » les relit tous.",
    progress="Lecture : {done} fichiers sur {total}",
    looking="Examen du dossier",
    wanted="Tous les fichiers seront relus dans un instant",
    up_to_date="À jour",
    passages=Counted("{} passage", "{} passages"),
    files=Counted("{} fichier", "{} fichiers"),
    all="Tous",
    indexed="Indexé",
    pending="En attente",
    failed="En échec",
    skipped="Ignoré",
    filter_label="Filtrer par nom",
    filter="Filtrer",
    states_label="Afficher les fichiers par état",
    list_label="Fichiers de la bibliothèque",
    file="Fichier",
    state="État",
    details="Détails",
    no_match="Aucun fichier ne correspond.",
    show_all="Afficher tous les fichiers",
    empty_title="Pas encore de documents",
    empty="Placez des fichiers, ou des dossiers entiers, dans {folder} sur la machine où tourne le serveur. "
    "Ils sont trouvés en quelques secondes.",
    starter="D’ici là, la recherche porte sur les documents de ce programme, présentés ici.",
    page="Page {page} sur {pages}",
    previous="Page précédente",
    next="Page suivante",
    offline="Le serveur est injoignable. Nouvel essai en cours.",
)

CHINESE = Texts(
    lang="zh",
    title="资料库",
    back="返回对话",
    intro="您提问时会搜索这些文件。使用此系统的所有人搜索的是同一批文件。",
    folder="文件夹",
    formats="格式",
    reindex="重新索引",
    reindex_hint="新增、更改和删除的文件会自动发现。“重新索引”会再次读取所有文件。",
    progress="正在读取：{done} / {total} 个文件",
    looking="正在查看文件夹",
    wanted="即将重新读取所有文件",
    up_to_date="已是最新",
    passages=Counted("{} 个段落", "{} 个段落"),
    files=Counted("{} 个文件", "{} 个文件"),
    all="全部",
    indexed="已索引",
    pending="等待中",
    failed="失败",
    skipped="已跳过",
    filter_label="按名称筛选",
    filter="筛选",
    states_label="按状态显示文件",
    list_label="资料库中的文件",
    file="文件",
    state="状态",
    details="详情",
    no_match="没有匹配的文件。",
    show_all="显示所有文件",
    empty_title="还没有文档",
    empty="请将文件或整个文件夹放入服务器所在机器的 {folder}。几秒钟内即可找到。",
    starter="在此之前，搜索的是本程序自带的文档，如下所示。",
    page="第 {page} 页，共 {pages} 页",
    previous="上一页",
    next="下一页",
    offline="无法连接服务器，正在重试。",
)

JAPANESE = Texts(
    lang="ja",
    title="ライブラリ",
    back="チャットに戻る",
    intro="質問すると、これらのファイルが検索されます。この環境を使う全員が同じファイルを検索します。",
    folder="フォルダー",
    formats="形式",
    reindex="再インデックス",
    reindex_hint="追加、変更、削除されたファイルは自動的に反映されます。「再インデックス」はすべてのファイルを読み直します。",
    progress="読み込み中：{total} 件中 {done} 件",
    looking="フォルダーを確認しています",
    wanted="まもなくすべてのファイルを読み直します",
    up_to_date="最新の状態です",
    passages=Counted("{} 件の抜粋", "{} 件の抜粋"),
    files=Counted("{} 件のファイル", "{} 件のファイル"),
    all="すべて",
    indexed="索引済み",
    pending="待機中",
    failed="失敗",
    skipped="対象外",
    filter_label="名前で絞り込む",
    filter="絞り込む",
    states_label="状態別にファイルを表示",
    list_label="ライブラリのファイル",
    file="ファイル",
    state="状態",
    details="詳細",
    no_match="一致するファイルはありません。",
    show_all="すべてのファイルを表示",
    empty_title="文書はまだありません",
    empty="サーバーが動いているマシンの {folder} に、ファイルまたはフォルダーごと入れてください。数秒で検索できるようになります。",
    starter="それまでは、このプログラムの文書が検索されます。下の一覧がそれです。",
    page="{pages} ページ中 {page} ページ",
    previous="前のページ",
    next="次のページ",
    offline="サーバーに接続できません。再試行しています。",
)

LANGUAGES = {texts.lang: texts for texts in (ENGLISH, GERMAN, SPANISH, FRENCH, CHINESE, JAPANESE)}


def texts_for(accept_language: str) -> Texts:
    """By the Accept-Language header (RFC 9110, section 12.5.4); English for a reader of none of the languages."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        wanted.append((-quality, tag.strip().lower().split("-")[0]))
    # Stable: of equals the first one named.
    ordered = sorted((entry for entry in wanted if entry[0] < 0), key=lambda entry: entry[0])
    return next((LANGUAGES[tag] for _, tag in ordered if tag in LANGUAGES), ENGLISH)

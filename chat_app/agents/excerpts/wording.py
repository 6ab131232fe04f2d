"""What our own model says itself, in the language of the question. Everything else in its reports is quoted."""

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.grammars import Language


class Wording(BaseModel):
    """Sentences with `{}` where something is put in."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    disclosure: str
    """Opens every report that quotes the person's documents alone."""
    disclosure_web: str
    """Opens every other report."""
    parts_found: str
    as_it_stands: str
    carried: str
    already_asked: str
    left_out: str
    unanswered: str
    unanswered_web: str
    """Where the web was searched, too."""
    failed: str
    quoted_above: str
    unquotable: str
    """A source whose own words are not known."""
    nothing_found: str
    nothing_found_web: str
    nearest: str
    """Before a list of places."""
    tried: str
    way_out: str
    some_failed: str
    ask_subject: str


WORDINGS: dict[Language, Wording] = {
    "en": Wording(
        disclosure="Passages from your documents, word for word; no AI model has written or checked this.",
        disclosure_web="Passages from pages and documents that were found, word for word; no AI model has written or checked this.",
        parts_found="Parts found in your question: {}",
        as_it_stands="The question is searched as it stands.",
        carried="The question goes on from earlier ones and is searched as: {}",
        already_asked="Asked and answered earlier in this conversation: {}",
        left_out="Not searched, because one question gets no more searches; ask separately: {}",
        unanswered="Your documents don't answer: {}",
        unanswered_web="Nothing that was found answers: {}",
        failed="This search failed: {}",
        quoted_above="The passage quoted above belongs here too:",
        unquotable="Found, but without words to quote:",
        nothing_found="Your documents don't answer this.",
        nothing_found_web="Nothing that was found answers this.",
        nearest="Closest to it in your documents, though perhaps about something else:",
        tried="Searched for: {}",
        way_out="Put files that may hold the answer into the library folder, ask in words that your documents use, "
        "or set an API key so that an AI model can search the web.",
        some_failed="Some searches failed, so trying again may help.",
        ask_subject="What is your question about? Please name the subject.",
    ),
    "de": Wording(
        disclosure="Stellen aus Ihren Dokumenten, Wort für Wort; kein KI-Modell hat dies geschrieben oder geprüft.",
        disclosure_web="Stellen aus gefundenen Seiten und Dokumenten, Wort für Wort; kein KI-Modell hat dies geschrieben oder geprüft.",
        parts_found="In Ihrer Frage gefundene Teile: {}",
        as_it_stands="Die Frage wird so gesucht, wie sie ist.",
        carried="Die Frage knüpft an frühere an und wird gesucht als: {}",
        already_asked="In dieser Unterhaltung schon gefragt und beantwortet: {}",
        left_out="Nicht gesucht, weil eine Frage nicht mehr Suchen auslöst; fragen Sie einzeln nach: {}",
        unanswered="Ihre Dokumente beantworten nicht: {}",
        unanswered_web="Nichts Gefundenes beantwortet: {}",
        failed="Diese Suche ist fehlgeschlagen: {}",
        quoted_above="Auch die oben zitierte Stelle gehört hierher:",
        unquotable="Gefunden, aber ohne zitierbaren Wortlaut:",
        nothing_found="Ihre Dokumente beantworten das nicht.",
        nothing_found_web="Nichts, was gefunden wurde, beantwortet das.",
        nearest="Am nächsten kommen dem in Ihren Dokumenten, vielleicht mit anderem Inhalt:",
        tried="Gesucht wurde: {}",
        way_out="Legen Sie Dateien, in denen die Antwort stehen könnte, in den Bibliotheksordner, fragen Sie mit den Wörtern Ihrer "
        "Dokumente, oder hinterlegen Sie einen API-Schlüssel, damit ein KI-Modell im Web suchen kann.",
        some_failed="Einige Suchen sind fehlgeschlagen; ein neuer Versuch kann helfen.",
        ask_subject="Worum geht es in Ihrer Frage? Bitte nennen Sie das Thema.",
    ),
    "fr": Wording(
        disclosure="Passages de vos documents, mot pour mot ; aucun modèle d'IA ne les a rédigés ni vérifiés.",
        disclosure_web="Passages de pages et de documents trouvés, mot pour mot ; aucun modèle d'IA ne les a rédigés ni vérifiés.",
        parts_found="Parties trouvées dans votre question : {}",
        as_it_stands="La question est recherchée telle quelle.",
        carried="La question prolonge les précédentes et est recherchée ainsi : {}",
        already_asked="Déjà demandé et traité dans cette conversation : {}",
        left_out="Non recherché, car une question ne lance pas davantage de recherches ; à demander séparément : {}",
        unanswered="Vos documents ne répondent pas à : {}",
        unanswered_web="Rien de ce qui a été trouvé ne répond à : {}",
        failed="Cette recherche a échoué : {}",
        quoted_above="Le passage cité plus haut répond aussi ici :",
        unquotable="Trouvé, mais sans texte à citer :",
        nothing_found="Vos documents n'y répondent pas.",
        nothing_found_web="Rien de ce qui a été trouvé n'y répond.",
        nearest="Le plus proche dans vos documents, mais peut-être sur un autre sujet :",
        tried="Recherché : {}",
        way_out="Placez dans le dossier de la bibliothèque des fichiers qui pourraient contenir la réponse, reprenez les mots de vos "
        "documents, ou configurez une clé d'API pour qu'un modèle d'IA cherche sur le web.",
        some_failed="Certaines recherches ont échoué ; réessayer peut aider.",
        ask_subject="Sur quoi porte votre question ? Veuillez nommer le sujet.",
    ),
    "es": Wording(
        disclosure="Pasajes de sus documentos, palabra por palabra; ningún modelo de IA los ha escrito ni comprobado.",
        disclosure_web="Pasajes de páginas y documentos encontrados, palabra por palabra; "
        "ningún modelo de IA los ha escrito ni comprobado.",
        parts_found="Partes encontradas en su pregunta: {}",
        as_it_stands="La pregunta se busca tal como está.",
        carried="La pregunta continúa las anteriores y se busca así: {}",
        already_asked="Ya preguntado y respondido en esta conversación: {}",
        left_out="No buscado, porque una pregunta no lanza más búsquedas; pregúntelo por separado: {}",
        unanswered="Sus documentos no responden a: {}",
        unanswered_web="Nada de lo encontrado responde a: {}",
        failed="Esta búsqueda falló: {}",
        quoted_above="El pasaje citado arriba también corresponde aquí:",
        unquotable="Encontrado, pero sin texto que citar:",
        nothing_found="Sus documentos no responden a esto.",
        nothing_found_web="Nada de lo encontrado responde a esto.",
        nearest="Lo más cercano en sus documentos, aunque quizá trate de otra cosa:",
        tried="Se buscó: {}",
        way_out="Ponga en la carpeta de la biblioteca archivos que puedan contener la respuesta, use las palabras de sus documentos "
        "o configure una clave de API para que un modelo de IA busque en la web.",
        some_failed="Algunas búsquedas fallaron; volver a intentarlo puede ayudar.",
        ask_subject="¿De qué trata su pregunta? Indique el tema, por favor.",
    ),
    "zh": Wording(
        disclosure="以下是您文档中的原文，逐字引用；未经任何 AI 模型撰写或核对。",
        disclosure_web="以下是所找到的网页和文档中的原文，逐字引用；未经任何 AI 模型撰写或核对。",
        parts_found="问题中找到的部分：{}",
        as_it_stands="按原问题搜索。",
        carried="此问题承接之前的提问，按以下内容搜索：{}",
        already_asked="本次对话中已经问过并回答：{}",
        left_out="因搜索次数有限而未搜索，请单独提问：{}",
        unanswered="您的文档没有回答：{}",
        unanswered_web="找到的内容没有回答：{}",
        failed="此搜索失败：{}",
        quoted_above="上文引用的段落也适用于此：",
        unquotable="已找到，但没有可引用的原文：",
        nothing_found="您的文档没有回答这个问题。",
        nothing_found_web="找到的内容没有回答这个问题。",
        nearest="您文档中最接近的位置，但可能说的是别的内容：",
        tried="已搜索：{}",
        way_out="请把可能包含答案的文件放入资料库文件夹，使用文档中的词语提问，或设置 API 密钥，让 AI 模型搜索网络。",
        some_failed="部分搜索失败，重试可能有用。",
        ask_subject="您的问题是关于什么的？请写明主题。",
    ),
    "ja": Wording(
        disclosure="お手元の文書からの原文どおりの引用です。AI モデルによる執筆や確認は行われていません。",
        disclosure_web="見つかったページと文書からの原文どおりの引用です。AI モデルによる執筆や確認は行われていません。",
        parts_found="質問に含まれる部分：{}",
        as_it_stands="質問をそのまま検索します。",
        carried="以前の質問の続きとして、次のように検索します：{}",
        already_asked="この会話ですでに質問され、回答済み：{}",
        left_out="検索回数の上限のため検索していません。別に質問してください：{}",
        unanswered="お手元の文書には答えがありません：{}",
        unanswered_web="見つかったものには答えがありません：{}",
        failed="この検索は失敗しました：{}",
        quoted_above="上に引用した箇所がここにも当てはまります：",
        unquotable="見つかりましたが、引用できる本文がありません：",
        nothing_found="お手元の文書には答えがありません。",
        nothing_found_web="見つかったものには答えがありません。",
        nearest="お手元の文書で最も近い箇所です。別の内容かもしれません：",
        tried="検索した内容：{}",
        way_out="答えがありそうなファイルをライブラリのフォルダーに入れるか、文書で使われている言葉で質問するか、"
        "API キーを設定して AI モデルがウェブを検索できるようにしてください。",
        some_failed="一部の検索が失敗しました。もう一度試すと見つかるかもしれません。",
        ask_subject="何についての質問ですか。主題を書いてください。",
    ),
}

"""What a reader must know about how a report came about, in the language of the question."""

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.grammars import Language
from chat_app.agents.excerpts.languages import language_of
from chat_app.languages.retelling import retold


class _Wording(BaseModel):
    model_config = ConfigDict(frozen=True)

    missing: str
    cost_limit: str
    replaced: str
    condensed: str
    unchecked: str
    cut: str
    removed: str


_WORDINGS: dict[Language, _Wording] = {
    "en": _Wording(
        missing="Missing, because this search failed: “{query}” ({error})",
        cost_limit="The cost limit of ${limit} a question was reached; not searched any more: {queries}",
        replaced="{model} wrote this, because {other} was not available.",
        condensed="What the searches found was too long for the model at once and was condensed before it wrote this.",
        unchecked="Whether something is missing could not be checked: {error}",
        cut="This report breaks off: the model came to the longest answer that it may give.",
        removed="Taken out of this report, because no source has these numbers: {numbers}. Check the sentences that lack one.",
    ),
    "de": _Wording(
        missing="Fehlt, weil diese Suche fehlgeschlagen ist: „{query}“ ({error})",
        cost_limit="Die Kostengrenze von {limit} $ je Frage war erreicht; nicht mehr gesucht: {queries}",
        replaced="Geschrieben von {model}, weil {other} nicht erreichbar war.",
        condensed="Was die Suchen fanden, war auf einmal zu lang für das Modell und wurde vor dem Schreiben verdichtet.",
        unchecked="Ob etwas fehlt, konnte nicht geprüft werden: {error}",
        cut="Dieser Bericht bricht ab: Das Modell hat die größte Länge erreicht, die eine Antwort haben darf.",
        removed="Aus diesem Bericht entfernt, weil keine Quelle diese Nummern hat: {numbers}. Prüfen Sie Sätze ohne Nummer.",
    ),
    "fr": _Wording(
        missing="Manquant, car cette recherche a échoué : « {query} » ({error})",
        cost_limit="La limite de coût de {limit} $ par question a été atteinte ; non recherché : {queries}",
        replaced="Rédigé par {model}, car {other} n'était pas disponible.",
        condensed="Les résultats des recherches, trop longs pour le modèle, ont été condensés avant la rédaction.",
        unchecked="Impossible de vérifier s'il manque quelque chose : {error}",
        cut="Ce rapport est interrompu : le modèle a atteint la longueur maximale d'une réponse.",
        removed="Retirés de ce rapport, car aucune source ne porte ces numéros : {numbers}. Vérifiez les phrases sans numéro.",
    ),
    "es": _Wording(
        missing="Falta, porque esta búsqueda falló: «{query}» ({error})",
        cost_limit="Se alcanzó el límite de coste de {limit} $ por pregunta; ya no se buscó: {queries}",
        replaced="Escrito por {model}, porque {other} no estaba disponible.",
        condensed="Los resultados eran demasiado largos para el modelo y se condensaron antes de escribir.",
        unchecked="No se pudo comprobar si falta algo: {error}",
        cut="Este informe queda interrumpido: el modelo alcanzó la longitud máxima de una respuesta.",
        removed="Se quitaron de este informe porque ninguna fuente tiene estos números: {numbers}. Compruebe las frases sin número.",
    ),
    "zh": _Wording(
        missing="缺少以下内容，因为此搜索失败：“{query}”（{error}）",
        cost_limit="已达到每个问题 {limit} 美元的费用上限，未再搜索：{queries}",
        replaced="由 {model} 撰写，因为 {other} 不可用。",
        condensed="搜索结果超出模型一次可处理的长度，撰写前已先压缩。",
        unchecked="无法检查是否有遗漏：{error}",
        cut="本报告中断：模型已达到单次回答的最大长度。",
        removed="以下编号没有对应的来源，已从报告中删除：{numbers}。请核对没有编号的句子。",
    ),
    "ja": _Wording(
        missing="この検索が失敗したため、欠けています：「{query}」（{error}）",
        cost_limit="質問ごとの費用上限 {limit} ドルに達したため、検索していません：{queries}",
        replaced="{other} が利用できなかったため、{model} が書きました。",
        condensed="検索結果がモデルには長すぎたため、執筆前に要約しました。",
        unchecked="不足がないか確認できませんでした：{error}",
        cut="この報告は途中で終わっています：モデルが回答の最大の長さに達しました。",
        removed="次の番号の出典はないため、報告から取り除きました：{numbers}。番号のない文は確認してください。",
    ),
}


class Notes:
    """Sentences for one report."""

    def __init__(self, question: str) -> None:
        self._language: Language = language_of(question)
        self._wording = _WORDINGS[self._language]

    def missing(self, query: str, error: str) -> str:
        return self._wording.missing.format(query=query, error=retold(error, self._language))

    def cost_limit(self, limit_usd: float, queries: list[str]) -> str:
        return self._wording.cost_limit.format(limit=f"{limit_usd:g}", queries="; ".join(queries))

    def replaced(self, model: str, other: str) -> str:
        return self._wording.replaced.format(model=model, other=other)

    def condensed(self) -> str:
        return self._wording.condensed

    def unchecked(self, error: str) -> str:
        return self._wording.unchecked.format(error=retold(error, self._language))

    def cut(self) -> str:
        return self._wording.cut

    def removed(self, numbers: list[int]) -> str:
        return self._wording.removed.format(numbers=", ".join(map(str, numbers)))

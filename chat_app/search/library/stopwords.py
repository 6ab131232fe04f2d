"""Words that say nothing about what a question is about. Short on purpose: a word too many hides what was asked."""

_ENGLISH = """
a about above after again against all also although am an and any are as at be because been before being below between both but by can
can't cannot could couldn't did didn't do does doesn't doing don't down during each else few for from further get gets got had has have
having he her here hers him his how how's i i'd i'll i'm i've if in into is isn't it it's its itself just let let's may me might more most
much must my no nor not of off on once only onto or other our ours out over own please same shall she should so some such than that that's
the their theirs them then there these they this those through to too under until up upon us very was wasn't we were what what's when
where whether which while who who's whom whose why will with within without won't would you your yours
"""
_GERMAN = """
aber alle als also am an auch auf aus bei bin bis bist da damit dann das dass daß dein dem den der des dessen die dies diese diesem diesen
dieser dieses doch dort du durch ein eine einem einen einer eines er es euch für gibt habe haben hat hatte ich ihr ihre ihrem ihren im in
ist ja jede jeder kann kein keine können man mein mich mir mit muss nach nicht noch nur ob oder sein seine sich sie sind so soll sollte
über um und uns unter vom von vor wann warum was weil welche welcher welches wem wen wenn wer werden wie wieso wird wir wird wo wurde zu
zum zur zwischen
bekomme bekommen bekommt bin bitte bitten brauche brauchen braucht darf darfst dürfen denn eigentlich etwa gehört gehören geht gern gilt
habt hast hätte ihm ihn ihnen jeden jedem jedes jemand kannst könnte könnten kriege kriegt lautet lauten liegt man mal manche mehr meine
meinem meinen meiner meines möchte möchten musst müssen müsste seit sei sollen sollten sonst tun tue tut unser unsere unserem unseren
unserer viel viele vielen waren weshalb wessen wieviel wieviele will wollen woher wohin womit worauf würde
"""
_FRENCH = """
à ai au aux avec avoir c'est ce ces cet cette comment dans de des du elle en est est-ce et être eux fait faire faut il ils j'ai je l'on la
le les leur leurs lui ma mais me mes moi mon ne nos notre nous on ont ou où par pas peut plus pour pourquoi puis qu'est-ce quand que quel
quelle quelles quels qui quoi sa sans se ses si son sont sur ta te tes ton tu un une vos votre vous y
a ai-je a-t-il a-t-on ait as avez avons ça combien d'un d'une depuis devons devrais doit doivent dois donc dois-je dit est-il est-elle
faut-il fais faites lequel laquelle leurs lors m'a n'est nous peut-on peux puis-je peuvent pouvez qu'on quels sera sert suis suis-je
toujours toute tous tout toutes va veut veux voudrais vais y-a-t-il dire
"""
_SPANISH = """
al como cómo con cual cuál cuáles cuando cuándo de del desde donde dónde el ella ellos en entre era es esa ese eso esta está están este
esto estos fue ha hace hacer hay he la las le les lo los más me mi mis muy no nos o para pero por porque puede puedo qué que quien quién
se ser si sí sin sobre son su sus también te tiene tu un una uno unos y ya yo
a ante aquí cada cuanta cuántas cuánta cuanto cuánto cuántos cuantos dan debe deben debo debería estoy fui haga hago han has hemos
nosotros nuestra nuestro poder podemos podría pueden puedes quiere quiero quiénes sea sean soy tenemos tener tengo tienen tienes todo todos
toda todas unas usted van voy
"""

STOPWORDS: dict[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
}

FILLERS = frozenset(
    """
    difference differences differ mean means meaning vs versus want good best useful
    unterschied unterschiede bedeutet funktioniert différence signifie diferencia significa funciona
    """.split()
)
"""Words that ask rather than name a subject; dropped unless they are all that is left."""

REQUESTS = frozenset(
    """
    explain describe tell show list give find compare summarize summarise
    erkläre erklären beschreibe vergleiche expliquer expliquez explique explica describe
    """.split()
)
"""The same, but only at the beginning: "explain the list", but not "the output of explain"."""

GENERAL = frozenset(
    """
    many several give need use keep let other another first last same different way thing things happen happens become own long
    large big small little new old work number value put end start begin whole some kind time want take make get set name certain
    part real really right find look know say see show go come good bad late early one two example possible always never every
    often usually able back people someone anyone something anything
    """.split()
)
"""English words that narrow a question down without naming its subject: they count, but less."""

GENERAL_OF: dict[str, frozenset[str]] = {
    "en": GENERAL | frozenset({"allowed"}),
    "de": frozenset(
        """
        bringen bringt zuständig gehen tag tagen
        machen mache macht gemacht gibt geben kosten kostet zahlen zahle zahlt bezahlen bezahle halten halte hält dauert dauern finde finden
        findet nutzen nehmen nimmt kommen kommt bleiben bleibt stehen steht lassen lässt erlaubt verboten möglich nötig wichtig passiert
        anfangen beginnen beginnt enden endet aufhören zurück neu neue neuen neuer gut gute besten beste richtig erste ersten nächste
        letzte hoch hohe groß große klein kleine lang lange länge oft schnell teuer weit alt zeit art weise ding sache sachen leute
        heute morgen jetzt immer nie höhe dauer anzahl menge offen auf schon bedeuten sagen sagt sehen zeigen wissen muss
        """.split()
    ),
    "fr": frozenset(
        """
        avoir obtenir recevoir trouver donner prendre mettre payer coûte coûter coûtent dure durer commence commencer finit arrive arriver
        permis interdit autorisé possible besoin nouveau nouvelle bon bonne premier première dernier prochain grand grande petit petite
        long longue souvent vite cher temps chose choses gens aujourd'hui maintenant heure prix nombre durée quantité doit-on fait devoir
        récupère récupérer passe jamais aller jour jours moment
        """.split()
    ),
    "es": frozenset(
        """
        dar recibir encontrar tomar poner pagar paga pago cuesta costar cuestan dura durar empieza empezar termina llega llegar permitido
        prohibido posible necesito necesita necesario nuevo nueva bueno buena primer primera último próximo gran grande pequeño largo mucho
        mucha muchos frecuencia rápido caro tiempo cosa cosas gente hoy ahora hora precio número cantidad lleva llevar pasa nunca hacen
        devuelven echar significa día días momento
        """.split()
    ),
}
"""Words that narrow a question down without naming its subject, by language: they count, but less."""

MEASURES = frozenset(
    """
    hot cold warm tall high wide deep heavy old far expensive thick strong loud
    hoch groß lang lange weit alt teuer tief breit schwer warm heiß kalt oft schnell spät stark dick laut
    """.split()
)
"""What stands behind "how" and asks for a figure; documents give the figure."""

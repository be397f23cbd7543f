"""The gate's findings as JUnit XML."""

from lxml import etree

from eval.gate import Gate, blocks
from eval.junit import junit
from tests.runs import record, shares

GOOD = record(shares("recall@5", [1.0] * 90 + [0.0] * 10))
BAD = record(shares("recall@5", [1.0] * 50 + [0.0] * 50))
# The shape that Jenkins and others read: https://github.com/jenkinsci/xunit-plugin, junit-10.xsd, its parts used here.
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:attributeGroup name="counts">
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
    <xs:attribute name="time" type="xs:decimal"/>
  </xs:attributeGroup>
  <xs:complexType name="said"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="testcase"><xs:complexType><xs:sequence>
    <xs:choice minOccurs="0">
      <xs:element name="skipped" type="said"/><xs:element name="failure" type="said"/>
    </xs:choice>
    <xs:element name="system-out" type="xs:string" minOccurs="0"/></xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="classname" type="xs:string" use="required"/>
    <xs:attribute name="time" type="xs:decimal"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType>
    <xs:sequence><xs:element ref="testcase" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/><xs:attributeGroup ref="counts"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element ref="testsuite" maxOccurs="unbounded"/></xs:sequence><xs:attributeGroup ref="counts"/>
  </xs:complexType></xs:element>
</xs:schema>"""


def read(found: Gate, on: bool = True, suite: str = "small") -> etree._Element:
    """The XML, which has the usual shape."""
    root = etree.fromstring(junit(found, suite, on).encode())
    etree.XMLSchema(etree.fromstring(SCHEMA)).assertValid(root)
    suites = root.findall("testsuite")
    assert root.get("tests") == str(sum(len(each) for each in suites))
    assert root.get("failures") == str(len(root.findall(".//failure")))
    assert root.get("skipped") == str(len(root.findall(".//skipped")))
    return root


def test_what_stops_a_change_is_a_failure():
    """A metric that is worse fails as itself and as the gate, with its figures; one that was not run is skipped."""
    root = read(blocks(GOOD, BAD))
    failed = {each.getparent().get("name"): each.text for each in root.iter("failure")}
    assert "0.9 became 0.5" in failed["gate"]
    assert "0.9 became 0.5" in failed["recall@5"]
    skipped = {test.get("name") for test in root.iter("testcase") if test.find("skipped") is not None}
    assert {"document@1", "answer_accepted"} <= skipped


def test_what_passes_has_no_failure():
    """A run beside itself has none, and neither has one that is stopped by nothing because the gate is off."""
    assert read(blocks(GOOD, GOOD)).get("failures") == "0"
    off = read(blocks(GOOD, BAD), on=False)
    assert off.get("failures") == "0"
    assert "nothing is stopped" in off.find(".//system-out").text


def test_a_reason_that_is_no_metrics_fails_the_gate():
    """A corpus that differs stops the change, so that there is a failure although no metric can be compared."""
    root = read(blocks(GOOD, record(shares("recall@5", [1.0]), corpus="other")))
    assert [each.getparent().get("name") for each in root.iter("failure")] == ["gate"]


def test_what_xml_cannot_hold_is_replaced():
    """Control characters and markup in a case's id, a suite's name or a reason leave a file that can be read."""
    hostile = "\x07]]><failure/>&\ud800\uffff"
    lost = record({hostile: {"recall@5": 1.0}, **GOOD.scores})
    root = read(blocks(lost, GOOD), suite=hostile)
    assert "<failure/>" in root.find(".//failure").text

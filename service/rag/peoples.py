"""Which names of peoples go with which place: Danish and Denmark are one fact."""

from collections.abc import Mapping

_PLACES = """
afghanistan afghan | africa african | america american us usa | argentina argentine argentinian | asia asian
australia australian | austria austrian | belgium belgian | brazil brazilian | britain british briton uk
bulgaria bulgarian | canada canadian | chile chilean | china chinese | colombia colombian | croatia croatian
cuba cuban | czechia czech | denmark danish dane | egypt egyptian | england english | estonia estonian
europe european | finland finnish finn | france french | germany german | greece greek | hungary hungarian
iceland icelandic | india indian | indonesia indonesian | iran iranian | iraq iraqi | ireland irish
israel israeli | italy italian | japan japanese | kenya kenyan | korea korean | latvia latvian
lithuania lithuanian | malaysia malaysian | mexico mexican | netherlands dutch holland | nigeria nigerian
norway norwegian | pakistan pakistani | peru peruvian | philippines filipino philippine | poland polish pole
portugal portuguese | romania romanian | russia russian | scotland scottish scot | serbia serbian
slovakia slovak | slovenia slovenian | spain spanish spaniard | sweden swedish swede | switzerland swiss
syria syrian | thailand thai | turkey turkish turk | ukraine ukrainian | vietnam vietnamese | wales welsh
"""
PLACE_OF: Mapping[str, str] = {
    name: f"of {line.split()[0]}" for line in _PLACES.strip().replace("\n", "|").split("|") for name in line.split()
}
"""The place that a name stands for, by each of its names in lower case and singular."""

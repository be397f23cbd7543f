"""Which names stand for the same: of a place and its people, as Denmark and Danish, and of a currency."""

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
_CURRENCIES = "euro eur € | dollar usd $ | pound gbp £ | yen jpy ¥ | kroner kr dkk nok | kronor sek | franc chf"
SAME: Mapping[str, str] = {
    name: f"same as {line.split()[0]}"
    for line in f"{_PLACES.strip()}|{_CURRENCIES}".replace("\n", "|").split("|")
    for name in line.split()
}
"""What a name stands for, by each of its names in lower case and singular."""

"""
What a segment costs: the operator's own prices over a small table of estimates.

The table is what the budget is charged by when nothing better is known, so it errs upwards.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from smsverify.domain.cost import Tariff

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

ESTIMATES: Final[Mapping[str, int]] = MappingProxyType(
    {
        # North America, with the fee that its carriers take on top: up to half a cent.
        "US": 14_000, "CA": 14_000, "PR": 60_000,
        # Latin America and the Caribbean
        "AR": 104_000, "BO": 222_000, "BR": 60_000, "CL": 80_000, "CO": 60_000, "CR": 104_000,
        "DO": 131_000, "EC": 339_000, "GT": 250_000, "MX": 182_000, "PA": 184_000, "PE": 248_000,
        "PY": 121_000, "UY": 86_000, "VE": 226_000,
        # Europe
        "AT": 98_000, "BE": 112_000, "BG": 147_000, "CH": 77_000, "CY": 87_000, "CZ": 71_000,
        "DE": 112_000, "DK": 60_000, "EE": 96_000, "ES": 88_000, "FI": 87_000, "FR": 80_000,
        "GB": 56_000, "GG": 56_000, "GR": 66_000, "HR": 138_000, "HU": 91_000, "IE": 78_000,
        "IM": 56_000, "IS": 72_000, "IT": 93_000, "JE": 56_000, "LT": 58_000, "LU": 82_000,
        "LV": 81_000, "MT": 69_000, "NL": 115_000, "NO": 70_000, "PL": 46_000, "PT": 51_000,
        "RO": 79_000, "RS": 410_000, "RU": 753_000, "SE": 65_000, "SI": 206_000, "SK": 89_000,
        "TR": 31_000, "UA": 227_000,
        # Asia and the Pacific
        "AU": 52_000, "BD": 597_000, "CN": 109_000, "HK": 73_000, "ID": 442_000, "IN": 84_000,
        "JP": 89_000, "KR": 53_000, "KZ": 339_000, "LK": 420_000, "MY": 260_000, "NZ": 105_000,
        "PG": 755_000, "PH": 241_000, "PK": 474_000, "SG": 60_000, "TH": 31_000, "TW": 85_000,
        "UZ": 458_000, "VN": 286_000,
        # The Middle East
        "AE": 118_000, "BH": 39_000, "IL": 258_000, "IQ": 450_000, "JO": 389_000, "KW": 317_000,
        "LB": 362_000, "OM": 216_000, "QA": 264_000, "SA": 195_000,
        # Africa
        "DZ": 273_000, "EG": 396_000, "GH": 375_000, "KE": 314_000, "MA": 225_000, "NG": 387_000,
        "SL": 785_000, "SN": 551_000, "TN": 538_000, "TZ": 434_000, "UG": 329_000, "ZA": 136_000,
        # Numbers of no country. Above every price on the list: it is what an unknown country is
        # charged, and no price that an operator sets for a country can lower it.
        "001": 1_000_000,
    }
)  # fmt: skip
"""
Micro-dollars a segment, by ISO country code: estimates, not quotes.

From Twilio's public price list for outbound SMS (the file SMSPricing.csv that its price pages
offer) as it was copied on 8 October 2026: the dearest network of each country, rounded up to the
next tenth of a cent. An account's discounts, taxes and registration fees are left out. Countries
that do not stand here are charged a dollar; the dearest on Twilio's list, Sierra Leone, costs 0.79.
"""


class BuiltinPrices:
    """
    Prices that need nobody; implements :class:`~smsverify.ports.prices.PriceSource`.

    Args:
        own: the operator's own prices, micro-dollars a segment by ISO country code; each one
            replaces the estimate, or adds one.
    """

    def __init__(self, own: Mapping[str, int] | None = None) -> None:
        self._tariff = Tariff(ESTIMATES).with_prices(own or {})

    async def tariff(self, country: str) -> Tariff:  # noqa: ARG002 - one tariff serves them all
        """Return the tariff; it has a price for every country, known or not."""
        return self._tariff

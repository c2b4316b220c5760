"""What calls cost: computed from their recorded usage when it is asked for, by prices that this machine has.

A user's own prices (``[prices."my-model"]`` in ``thence.toml``) go before those of ``genai-prices``, which are the ones
that came with the installed package: nothing is fetched. What has no price, or no usage, has no cost: None, never zero.
"""

from thence.prices.billed import EXTRA, Billed, Counts, billed
from thence.prices.listing import Cost, Priced, PriceList, dollars

__all__ = ["EXTRA", "Billed", "Cost", "Counts", "PriceList", "Priced", "billed", "dollars"]

"""The ledger for other programs: CSV, and the plain text of beancount; pure."""

import csv
import io
import re
from collections.abc import Sequence

from lineshaft.core.money import Money
from lineshaft.core.period import format_instant, to_datetime
from lineshaft.services.billing.model import Account, AccountKind, Transaction

CSV_COLUMNS = (
    "posted_at",
    "effective_at",
    "transaction",
    "document",
    "reason",
    "reference",
    "account",
    "currency",
    "debit",
    "credit",
)
_ROOTS = {
    AccountKind.RECEIVABLES: "Assets:Receivables",
    AccountKind.BANK: "Assets:Bank",
    AccountKind.REVENUE: "Income:Revenue",
    AccountKind.SERVICE_CREDITS: "Income:ServiceCredits",
    AccountKind.VAT_PAYABLE: "Liabilities:VatPayable",
    AccountKind.CONTRACT_LIABILITY: "Liabilities:ContractLiability",
    AccountKind.REFUND_LIABILITY: "Liabilities:RefundLiability",
    AccountKind.PARTNER_PAYABLE: "Liabilities:PartnerPayable",
    AccountKind.PARTNER_SHARES: "Expenses:PartnerShares",
    AccountKind.NET_INVESTMENT: "Assets:NetInvestment",
    AccountKind.LEASED_OUT: "Assets:LeasedOut",
    AccountKind.LEASE_INTEREST: "Income:LeaseInterest",
}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9-]")


def ledger_csv(transactions: Sequence[Transaction]) -> str:
    """Write one row for each entry (RFC 4180); debits and credits are both positive."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for transaction in transactions:
        for entry in transaction.entries:
            amount, is_debit = entry.amount, entry.amount.amount > 0
            writer.writerow(
                [
                    format_instant(transaction.posted_at),
                    format_instant(transaction.effective_at),
                    transaction.id,
                    transaction.document,
                    transaction.reason,
                    _plain(transaction.reference),
                    str(entry.account),
                    amount.currency,
                    _digits(amount) if is_debit else "",
                    "" if is_debit else _digits(-amount),
                ]
            )
    return text.getvalue()


def ledger_beancount(transactions: Sequence[Transaction]) -> str:
    """Write the double-entry text of beancount: a debit is positive, as it is here.

    Each account is opened on the day of its first posting; the day is that of the posting in UTC.
    """
    opened: dict[str, str] = {}
    blocks = []
    for transaction in transactions:
        day = to_datetime(transaction.posted_at).date().isoformat()
        lines = [f'{day} * "{transaction.document}" "{transaction.reason}"']
        lines.append(f'  transaction: "{transaction.id}"')
        for entry in transaction.entries:
            name = account_name(entry.account)
            opened[name] = min(day, opened.get(name, day))
            sign = "-" if entry.amount.amount < 0 else ""
            digits = _digits(-entry.amount if sign else entry.amount)
            lines.append(f"  {name}  {sign}{digits} {entry.amount.currency}")
        blocks.append("\n".join(lines))
    opens = [f"{day} open {name}" for name, day in sorted(opened.items())]
    return "\n".join(opens) + "\n\n" + "\n\n".join(blocks) + "\n" if blocks else ""


def account_name(account: Account) -> str:
    """Return the name of an account in beancount: a letter or digit begins each part.

    Example: `vat_payable:S-19` is `Liabilities:VatPayable:S-19`.
    """
    root = _ROOTS[account.kind]
    if not account.detail:
        return root
    detail = _NOT_IN_A_NAME.sub("-", account.detail)
    first = detail[0].upper() if detail[0].isalnum() else f"X{detail[0]}"
    return f"{root}:{first}{detail[1:]}"


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking somebody's text for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _digits(money: Money) -> str:
    return f"{money.amount:f}"

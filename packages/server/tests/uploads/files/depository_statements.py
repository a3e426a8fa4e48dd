"""Consolidated account statements of NSDL and CDSL, of invented persons.

A cover, a page with the list of accounts, then the holdings of each account: shares, funds, bonds;
and at the end the folios that are held with the funds themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from fpdf import FPDF
from fpdf.enums import AccessPermission
from packages.server.tests.uploads.files.account_statements import PAN

HOLDER = "A PERSON"
_SHARES = (
    ("INE000A01012", "EXAMPLE STEEL LIMITED", "EXSTEEL"),
    ("INE000B01010", "EXAMPLE BANK LIMITED", "EXBANK"),
    ("INE000C01018", "EXAMPLE SOFTWARE LIMITED", "EXSOFT"),
    ("INE000D01016", "EXAMPLE MOTORS LIMITED", "EXMOTOR"),
)
_FUNDS = (
    ("INF000X01AA1", "EXAMPLE FLEXI CAP FUND DIRECT GROWTH"),
    ("INF000X01AB9", "EXAMPLE LIQUID FUND DIRECT GROWTH"),
)
_BONDS = (("INE000A07011", "EXAMPLE STEEL 8.10 2029"),)
_LAST_LINE = 780


@dataclass(frozen=True)
class Held:
    """A security of an account. value: to the paisa."""

    isin: str
    name: str
    quantity: Decimal
    price: Decimal
    folio: str = ""

    @property
    def value(self) -> Decimal:
        """Of the quantity, to the paisa."""
        return (self.quantity * self.price).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Account:
    """A demat account. depository: NSDL or CDSL, wherever the statement comes from."""

    depository: str
    broker: str
    dp_id: str
    client_id: str
    shares: Sequence[Held] = ()
    funds: Sequence[Held] = ()
    bonds: Sequence[Held] = ()

    @property
    def value(self) -> Decimal:
        """Of all it holds."""
        held = (*self.shares, *self.funds, *self.bonds)
        return sum((one.value for one in held), Decimal(0))


@dataclass(frozen=True)
class Statement:
    """What a statement lists. folios: funds held outside the demat accounts."""

    accounts: Sequence[Account]
    folios: Sequence[Held] = field(default_factory=list[Held])

    @property
    def folios_value(self) -> Decimal:
        """Of the folios."""
        return sum((one.value for one in self.folios), Decimal(0))

    @property
    def value(self) -> Decimal:
        """Of everything."""
        return sum((one.value for one in self.accounts), self.folios_value)


def invented_statement(seed: int, *, accounts: int = 2, with_bonds: bool = False) -> Statement:
    """Accounts at two brokers, one at each depository in turn, and two folios."""
    random = Random(seed)
    made: list[Account] = []
    for place in range(accounts):
        depository = "CDSL" if place % 2 == 0 else "NSDL"
        dp_id = f"120816{place:02d}" if depository == "CDSL" else f"IN3000{place:02d}"
        made.append(
            Account(
                depository, f"EXAMPLE BROKING {place + 1} LIMITED", dp_id,
                f"{seed % 1000:03d}{place:05d}",
                [_held(random, *one[:2], whole=True) for one in _SHARES[place % 2 :]],
                [_held(random, *_FUNDS[0])] if place == 0 else (),
                [_held(random, *_BONDS[0], whole=True)]
                if with_bonds and depository == "NSDL" else (),
            )
        )  # fmt: skip
    folios = [
        _held(random, isin, name, folio=f"{seed % 1000:03d}45678{place}")
        for place, (isin, name) in enumerate(_FUNDS)
    ]
    return Statement(made, folios)


def _held(random: Random, isin: str, name: str, *, whole: bool = False, folio: str = "") -> Held:
    quantity = Decimal(random.randrange(1, 900))
    if not whole:
        quantity += Decimal(random.randrange(1000)) / 1000
    return Held(isin, name, quantity, Decimal(random.randrange(10_000, 400_000)) / 100, folio)


def nsdl_statement(
    statement: Statement, *, password: str = PAN, value_off_by: Decimal = Decimal(0),
    hidden_accounts: int = 0,
) -> bytes:  # fmt: skip
    """A statement of NSDL. value_off_by: added to the first account's value in the list;
    hidden_accounts: how many of the last accounts the list leaves out, though the total has them.
    """
    sheet = _Sheet(password, "NSDL")
    sheet.roster(statement, value_off_by, hidden_accounts)
    for account in statement.accounts:
        sheet.page()
        sheet.nsdl_account(account)
    sheet.page()
    sheet.row((40, "Mutual Fund Folios (F)"))
    sheet.row(
        (20, "ISIN"), (90, "ISIN Description"), (250, "Folio No."), (310, "No. of Units"),
        (370, "Average Cost"), (420, "Total Cost"), (470, "Current NAV"), (520, "Value in Rs"),
    )  # fmt: skip
    for one in statement.folios:
        cost = (one.value * Decimal("0.8")).quantize(Decimal("0.01"))
        sheet.row(
            (20, one.isin), (90, one.name), (270, one.folio), (320, _units(one)),
            (375, f"{one.price * Decimal('0.8'):,.4f}"), (425, _rupees(cost)),
            (475, f"{one.price:,.4f}"), (525, _rupees(one.value)),
        )  # fmt: skip
    return sheet.content()


def cdsl_statement(
    statement: Statement, *, password: str = PAN, value_off_by: Decimal = Decimal(0),
    hidden_accounts: int = 0,
) -> bytes:  # fmt: skip
    """A statement of CDSL; its parameters are those of `nsdl_statement`."""
    sheet = _Sheet(password, "CDSL")
    sheet.roster(statement, value_off_by, hidden_accounts)
    for account in statement.accounts:
        sheet.page()
        sheet.cdsl_account(account)
    sheet.page()
    sheet.row((40, "MUTUAL FUND UNITS HELD AS ON 31-03-2025"))
    sheet.row((20, "Scheme Name"), (170, "ISIN"), (240, "Folio No"), (400, "NAV"))
    for one in statement.folios:
        sheet.row(
            (20, one.name), (230, one.isin), (300, one.folio), (360, "DIRECT"),
            (400, _units(one)), (450, f"{one.price:,.4f}"), (500, _rupees(one.value)),
        )  # fmt: skip
    return sheet.content()


def plain_pdf(lines: Sequence[str]) -> bytes:
    """A PDF with these lines; an empty one begins another page."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.add_page()
    pdf.set_font("Helvetica", size=8)
    y = 40
    for line in lines:
        if line:
            pdf.text(40, y, line)
            y += 20
        else:
            pdf.add_page()
            y = 40
    return bytes(pdf.output())


class _Sheet:
    """Pages of rows, each cell a text of its own, as the depositories print them."""

    def __init__(self, password: str, issuer: str) -> None:
        self.pdf = FPDF(unit="pt", format="A4")
        self.pdf.set_auto_page_break(False)
        if password:
            self.pdf.set_encryption(
                owner_password=f"{password}-owner", user_password=password,
                permissions=AccessPermission.all(),
            )  # fmt: skip
        self._issuer = issuer
        self._y = 0.0
        self._cover()

    def content(self) -> bytes:
        return bytes(self.pdf.output())

    def page(self) -> None:
        self.pdf.add_page()
        self.pdf.set_font("Helvetica", size=6)
        self._y = 40

    def row(self, *cells: tuple[float, str], gap: float = 14) -> None:
        """A row of the table; a cell of two lines has a line break."""
        if self._y > _LAST_LINE:
            self.page()
        lines = max(text.count("\n") for _, text in cells)
        for x, text in cells:
            for place, line in enumerate(text.split("\n")):
                self.pdf.text(x, self._y + 7 * place, line)
        self._y += gap + 7 * lines

    def _cover(self) -> None:
        self.page()
        if self._issuer == "NSDL":
            self.row((200, "NSDL Consolidated Account Statement"))
        else:
            self.row((200, "Central Depository Services (India) Limited"))
            self.row((200, "Consolidated Account Statement"))

    def roster(self, statement: Statement, off_by: Decimal, hidden: int) -> None:
        """The page with the holder and the list of accounts."""
        self.page()
        mark = "NSDL ID: 100000000" if self._issuer == "NSDL" else "CAS ID: CD00000000"
        for text in (mark, HOLDER, "1 EXAMPLE STREET", "MUMBAI", "PINCODE: 400001"):
            self.row((40, text))
        days = ("01-Mar-2025", "31-Mar-2025")
        if self._issuer == "CDSL":
            days = ("01-03-2025", "31-03-2025")
        self.row((220, f"Statement for the period from {days[0]} to {days[1]}"))
        self.row((40, "In the single name of"))
        self.row((40, f"{HOLDER} (PAN:{PAN})"))
        self.row(
            (40, "Account Type"), (200, "Account Details"), (400, "No. of ISINs"), (500, "Value")
        )
        shown = statement.accounts[: len(statement.accounts) - hidden]
        for account in shown:
            count = len(account.shares) + len(account.funds) + len(account.bonds)
            identity = f"DP ID:{account.dp_id} Client ID:{account.client_id}"
            if self._issuer == "CDSL":
                identity = f"DP Id: {account.dp_id} Client Id : {account.client_id}"
            self.row(
                (40, f"{account.depository} Demat Account"),
                (200, f"{account.broker}\n{identity}"), (400, str(count)),
                (500, _rupees(account.value + off_by)),
            )  # fmt: skip
            off_by = Decimal(0)
        if statement.folios:
            self.row(
                (40, "Mutual Fund Folios"), (200, f"{len(statement.folios)} Folios"),
                (400, str(len(statement.folios))), (500, _rupees(statement.folios_value)),
            )  # fmt: skip
        self.row((400, "Grand Total"), (500, _rupees(statement.value)))

    def nsdl_account(self, account: Account) -> None:
        self.row(
            (40, f"{account.depository} Demat Account\n{account.broker}"),
            (200, f"DP ID:{account.dp_id} Client ID:{account.client_id}"),
            (340, "ACCOUNT HOLDER"), (440, f"{HOLDER} (PAN:{PAN})"),
        )  # fmt: skip
        self.row((40, "Equity Shares"))
        self.row(
            (20, "ISIN"), (80, "Stock Symbol"), (120, "Company Name"), (300, "Face Value"),
            (360, "No. of Shares"), (430, "Market Price"), (510, "Value in Rs"),
        )  # fmt: skip
        for one in account.shares:
            self.row(
                (20, one.isin), (120, one.name), (310, "10.00"), (370, f"{one.quantity:,}"),
                (440, _rupees(one.price)), (520, _rupees(one.value)),
            )  # fmt: skip
        if account.funds:
            self.row((40, "Mutual Funds (M)"))
            self.row((20, "ISIN"), (120, "ISIN Description"), (440, "NAV"), (510, "Value in Rs"))
        for one in account.funds:
            self.row(
                (20, one.isin), (120, one.name), (370, _units(one)), (440, _rupees(one.price)),
                (520, _rupees(one.value)),
            )  # fmt: skip
        if account.bonds:
            self.row((40, "Corporate Bonds (C)"))
            self.row(
                (20, "ISIN"), (80, "Name"), (180, "Coupon Rate / Frequency"), (250, "Maturity")
            )
        for one in account.bonds:
            self.row(
                (20, one.isin), (82, one.name), (178, "Once a year"), (225, "8.10"),
                (250, "31-Mar-2029"), (330, f"{one.quantity:,}"), (400, _rupees(one.price)),
                (520, _rupees(one.value)),
            )  # fmt: skip

    def cdsl_account(self, account: Account) -> None:
        number = f"{account.dp_id}{account.client_id}"
        self.row((40, f"DP Name : {account.broker} BO ID : {number}"))
        self.row((40, "STATEMENT OF TRANSACTIONS FOR THE PERIOD"))
        self.row((40, "HOLDING STATEMENT AS ON 31-03-2025"))
        self.row((20, "ISIN"), (90, "Security"), (260, "Current Bal"), (460, "Market Price"))
        for one in (*account.shares, *account.funds):
            quantity = f"{one.quantity:,.3f}"
            self.row(
                (20, one.isin), (90, one.name), (260, quantity), (310, "--"), (340, "--"),
                (370, "--"), (400, quantity), (460, _rupees(one.price)), (520, _rupees(one.value)),
            )  # fmt: skip


def _units(held: Held) -> str:
    return f"{held.quantity:,.3f}"


def _rupees(value: Decimal) -> str:
    """An amount as India groups digits: 12,34,567.80."""
    whole, _, paise = f"{value:.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    return ",".join([*groups, tail]) + f".{paise}"

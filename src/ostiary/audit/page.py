"""An audit as a page in one file: no script, nothing fetched from anywhere."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from ostiary.audit import funnel
from ostiary.audit.logs import Audit
from ostiary.audit.summary import verdict
from ostiary.audit.tables import tables_of


def to_html(audit: Audit) -> str:
    """The whole report."""
    pages = Environment(
        loader=PackageLoader("ostiary.audit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("report.html").render(
        audit=audit,
        verdict=verdict(audit),
        tables=list(tables_of(audit)),
        plot=funnel.funnel_of(audit.gates),
        size=funnel,
    )

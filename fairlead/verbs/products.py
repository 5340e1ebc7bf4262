"""The products that people ask for."""

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Product
from fairlead.verbs.naming import free_name


@verb("{by} added the product {it}", may="organisation.edit")
def create_product(by: Actor, *, name: str, code: str = "") -> Product:
    """Add a product; leads whose interest names it, or its code, are known to ask for it."""
    return create(Product, name=free_name(name, Product.objects.all()), code=" ".join(code.split()))


@verb("{by} edited the product {product}", may="organisation.edit")
def edit_product(
    by: Actor, product: Product, *, name: str | None = None, code: str | None = None, version: int | None = None
) -> Product:
    """Rename a product or change its code."""
    values = {"name": free_name(name, Product.objects.all(), product)} if name is not None else {}
    values |= {"code": " ".join(code.split())} if code is not None else {}
    check_version(product, version, values)
    change(product, **values)
    return product


@verb("{by} archived the product {product}", may="organisation.edit")
def archive_product(by: Actor, product: Product) -> Product:
    """Offer a product no more."""
    if product.archived_at is None:
        change(product, archived_at=clock.now())
    return product


@verb("{by} brought the product {product} back", may="organisation.edit")
def unarchive_product(by: Actor, product: Product) -> Product:
    """Offer an archived product again."""
    change(product, archived_at=None)
    return product

"""Products: what leads are known to ask for."""

from typing import cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Product
from fairlead.verbs import products
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

HOME = "/settings/products"


class ProductForm(Form):
    name = forms.CharField(max_length=120)
    code = forms.CharField(required=False, max_length=40)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = ProductForm(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: products.create_product(request.by, **facts)):
        return done(request, HOME, _("%(name)s added.") % {"name": form.result})
    found = list(Product.objects.all())
    context = {
        "form": form,
        "live": [each for each in found if not each.archived_at],
        "archived": [each for each in found if each.archived_at],
    }
    return show(request, "settings/products.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    found, version = _product(request, public_id), given_version(request)
    form = ProductForm(request.POST, initial={"name": found.name, "code": found.code})
    if request.method == "POST" and form.carried_out(
        lambda **facts: products.edit_product(request.by, found, version=version, **facts)
    ):
        return done(request, HOME, _("%(name)s saved.") % {"name": found})
    return show(request, "settings/product.html", {"form": form, "product": found}, status=form.status)


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    found = products.archive_product(request.by, _product(request, public_id))
    return done(request, HOME, _("%(name)s archived.") % {"name": found})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    found = products.unarchive_product(request.by, _product(request, public_id))
    return done(request, HOME, _("%(name)s is back.") % {"name": found})


def _product(request: Request, public_id: str) -> Product:
    return cast(Product, record_or_404(request, "product", public_id))

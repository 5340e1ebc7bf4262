"""Every page on one screen."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from fairlead.web.addresses import AddressOf, PageOf
from fairlead.web.pages import acts, compose, deeds, files, properties, records

register_converter(PageOf, "record")
register_converter(AddressOf, "thing")

from fairlead.web.pages import companies, create, leads, opportunities, people, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("fairlead.api.urls")),
    path("new", create.choose),
    path("companies", companies.index),
    path("companies/<str:address>/cell/<str:name>", companies.cell),
    path("companies/bulk", companies.bulk),
    path("companies/match", companies.match),
    path("companies/new", companies.new),
    path("companies/options", companies.options),
    path("companies/selection", companies.selection),
    path("leads", leads.index),
    path("leads/<str:address>/cell/<str:name>", leads.cell),
    path("leads/bulk", leads.bulk),
    path("leads/match", leads.match),
    path("leads/new", leads.new),
    path("leads/selection", leads.selection),
    path("opportunities", opportunities.index),
    path("opportunities/<str:address>/cell/<str:name>", opportunities.cell),
    path("opportunities/bulk", opportunities.bulk),
    path("opportunities/match", opportunities.match),
    path("opportunities/new", opportunities.new),
    path("opportunities/selection", opportunities.selection),
    path("people", people.index),
    path("people/<str:address>/cell/<str:name>", people.cell),
    path("people/bulk", people.bulk),
    path("people/match", people.match),
    path("people/new", people.new),
    path("people/options", people.options),
    path("people/selection", people.selection),
    path("search", search.index),
    path("search/quick", search.quick),
    # What every record has: its page, its composer, its properties, its files, and any verb that fits it. Keep last.
    path("acts/<uuid:act>/undo", acts.take_back),
    path("files/<slug:address>", files.download),
    path("<record:noun>/<str:address>", records.show),
    path("<record:noun>/<str:address>/edit/<slug:name>", properties.edit),
    path("<record:noun>/<str:address>/files", files.attach),
    path("<record:noun>/<str:address>/log", compose.log),
    path("<record:noun>/<str:address>/plan", compose.plan),
    path("<thing:noun>/<str:address>/<slug:name>", deeds.deed),
]

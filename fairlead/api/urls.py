"""The addresses of the API. Nouns and verbs are looked up, so none is named here but those that have files."""

from django.urls import path

from fairlead.api import imports, reference, views

urlpatterns = [
    path("", reference.first),
    path("v1", reference.first),
    path("v1/", reference.reference),
    path("v1/openapi.json", reference.openapi),
    path("v1/events", views.events),
    path("v1/verbs/<str:name>", views.verb),
    path("v1/imports/<str:public_id>/rejected", imports.rejected),
    path("v1/imports/<str:public_id>/rows", imports.rows),
    path("v1/runs/<str:public_id>/file", views.run_file),
    path("v1/<str:plural>", views.collection),
    path("v1/<str:plural>/<str:public_id>", views.record),
    path("v1/<str:plural>/<str:public_id>/timeline", views.timeline),
    path("v1/<str:plural>/<str:public_id>/<str:word>", views.action),
    path("<path:rest>", views.nothing),
]

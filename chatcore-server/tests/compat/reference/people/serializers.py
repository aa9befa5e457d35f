from rest_framework.serializers import ModelSerializer

from people.models import Person


class Shown(ModelSerializer):
    """Somebody as they see themselves."""

    class Meta:
        model = Person
        exclude = ("password", "last_login", "is_staff")

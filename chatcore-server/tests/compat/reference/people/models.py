from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

if settings.AUTH_USER_MODEL == "people.Person":

    class People(BaseUserManager):
        def create_user(self, email, password=None, **fields):
            person = self.model(email=self.normalize_email(email), **fields)
            person.set_password(password)
            person.save()
            return person

    class Person(AbstractBaseUser):
        """Somebody who signs in with an address."""

        email = models.EmailField(unique=True, error_messages={"unique": "user with this email already exists."})
        name = models.CharField(max_length=100, null=True, blank=True)
        date_joined = models.DateTimeField(auto_now_add=True)
        is_active = models.BooleanField(default=True)
        is_staff = models.BooleanField(default=False)
        is_unlimited = models.BooleanField(default=False)
        avatar = models.URLField(null=True)
        stripe_customer_id = models.CharField(max_length=100, null=True)
        google_id = models.CharField(max_length=100, null=True)
        icloud_id = models.CharField(max_length=100, null=True)
        x_id = models.CharField(max_length=100, null=True)
        auth_provider = models.CharField(max_length=20, null=True)

        USERNAME_FIELD = "email"
        REQUIRED_FIELDS = []
        objects = People()

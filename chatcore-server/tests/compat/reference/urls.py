"""The routes of the three sites. Views are those of the libraries, or as short as they can be."""

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import include, path
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView


class Asked(serializers.Serializer):
    message = serializers.CharField(max_length=1000)


class Listed(APIView):
    """A route for whoever is signed in."""

    permission_classes = [IsAuthenticated]

    def get(self, _):
        return Response([])


class Protected(Listed):
    """The same with one field."""

    def post(self, request):
        asked = Asked(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(asked.validated_data)


class Named(serializers.Serializer):
    username = serializers.CharField(max_length=50)
    password = serializers.CharField()
    password2 = serializers.CharField()

    def validate_username(self, name):
        if User.objects.filter(username=name).exists():
            raise serializers.ValidationError("user with this username already exists.")
        return name

    def validate(self, fields):
        if fields["password"] != fields["password2"]:
            raise serializers.ValidationError({"password": "Password fields didn't match."})
        return fields

    def create(self, fields):
        return User.objects.create_user(fields["username"], password=fields["password"])

    def to_representation(self, user):
        return {"username": user.username}


class Register(CreateAPIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    serializer_class = Named


class SignIn(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        user = User.objects.get(username=request.data["username"])
        return Response({"token": Token.objects.get_or_create(user=user)[0].key})


TOKENS = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
]
if settings.AUTH_USER_MODEL == "people.Person":
    urlpatterns = [
        *TOKENS,
        path("api/auth/", include("djoser.urls")),
        path("api/auth/jwt/verify/", TokenVerifyView.as_view()),
    ]
else:
    urlpatterns = [
        *TOKENS,
        path("api/register/", Register.as_view()),
        path("api/chat/", Protected.as_view()),
        path("api/v1/accounts/register/", Register.as_view()),
        path("api/v1/accounts/login/", SignIn.as_view()),
        path("api/v1/chat/chats-history/", Listed.as_view()),
    ]

from django import template

register = template.Library()


@register.simple_tag
def price(cents):
    return f"{cents + 0} cents"

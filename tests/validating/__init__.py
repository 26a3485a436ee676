"""Providers that check each request as the real ones do, and answer a conversation that is told in the user's words.

One module for each dialect. What they check and in which words they refuse is from the providers' documentation and from refusals
that users quote; each answers whole and streamed, with thoughts where they are asked for, so that a clone without recordings has
one compact answer and one compact stream of every dialect.
"""

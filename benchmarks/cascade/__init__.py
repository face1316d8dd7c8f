"""Does a cascade keep its promise, how many rows does its student answer, how fast?"""
